"""From demand to the doorstep: demand, sorting sheets, crates, routes, handover, pickup."""
