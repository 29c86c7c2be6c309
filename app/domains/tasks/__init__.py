"""HQ's plans: dated steps that become to-dos for leaders, with script, picture, tick and proof."""
