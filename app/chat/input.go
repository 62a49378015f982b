package chat

// An Input is anything State.Apply takes: an Intent of the user or an Event from outside.
type Input interface{ input() }
