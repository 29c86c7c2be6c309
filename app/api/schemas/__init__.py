"""JSON shapes: what routes take and what they give. One module per room; names of fields are those of the values."""
