"""What a leader's devices do by JSON; her pickups are recorded offline and sent later."""
