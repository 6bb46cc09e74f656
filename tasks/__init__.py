"""One effect each: store, enqueue, deliver, wake."""
