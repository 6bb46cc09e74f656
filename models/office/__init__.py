"""The office: its policy and its unit directory."""
