-- Runs once, when PostgreSQL starts on an empty volume. Prefect's runs get a database of their own.
CREATE DATABASE prefect;
