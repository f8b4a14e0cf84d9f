//! A profile: the cost of one measured call, by function, caller context, instruction address and source line.
