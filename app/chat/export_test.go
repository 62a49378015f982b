package chat

// Redrawn is the snapshot drawn without anything taken over from the last one.
func (s *State) Redrawn() Snapshot {
	for _, r := range s.rooms {
		defer func(d drawing) { r.drawing = d }(r.drawing)
		r.drawing = drawing{}
	}
	return s.draw()
}
