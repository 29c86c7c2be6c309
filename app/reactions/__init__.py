"""What a room does when another room's fact arrives; `registry` says who listens to what."""
