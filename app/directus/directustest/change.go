package directustest

import (
	"encoding/json"
	"maps"
	"slices"
)

// update changes one row as a user asks, and returns it as read back. What may be changed is what the guard of chatd
// setup lets through.
func (s *Server) update(u *user, name, key string, payload []byte, q query) (any, error) {
	c := s.collections[name]
	var values map[string]any
	if json.Unmarshal(payload, &values) != nil || values == nil {
		return nil, errPayload(`"data" should be an object.`)
	}
	if u == nil || c == nil || !s.mayChange(u, c, c.find(key)) {
		return nil, errForbidden
	}
	r := c.find(key)
	changed := maps.Clone(r)
	for field, value := range values {
		if slices.Contains(c.Change, field) {
			changed[field] = value
		}
	}
	for _, f := range c.Fields {
		if f.Special == DateUpdated {
			changed[f.Name] = s.now().Format(timestamp)
		}
	}
	if err := c.checkFields(changed); err != nil {
		return nil, err
	}
	maps.Copy(r, changed)
	s.emit(c, "update", key)
	if use(&s.loseReplies) {
		return nil, errLost
	}
	return s.readOne(c, key, q)
}

func (s *Server) mayChange(u *user, c *collection, r row) bool {
	if r == nil || len(c.Change) == 0 || c.Final != "" && r[c.Final] != nil {
		return false
	}
	own := slices.ContainsFunc(c.Fields, func(f Field) bool { return f.Special == UserCreated && r[f.Name] == u.ID })
	return own || u.Moderator && c.Final != ""
}
