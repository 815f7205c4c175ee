"""What the dancer does: pose, optical flow, rhythm, movement on the musical grid."""
