package directustest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// A Collection is a table of items and what users may do with it.
type Collection struct {
	Name       string
	IntegerKey bool    // counts up; else a uuid, chosen by the client or made up
	Fields     []Field // besides the key, which is called id
	NoRead     bool    // users cannot read
	NoCreate   bool    // users cannot create

	Change []string // fields that the author of a row may change, and moderators
	Final  string   // one of them that closes a row to changes when it is set
}

// A Field is a column.
type Field struct {
	Name      string
	Special   Special
	Required  bool // may not be missing or null
	MaxLength int  // in bytes; 0 is no limit
	Key       bool // a uuid, and no two rows may have the same
}

// Special is who fills a field.
type Special uint8

// The specials that are told apart.
const (
	Plain       Special = iota
	UserCreated         // also a relation to the users: user_created.first_name can be asked for
	DateCreated
	DateUpdated
)

// Messages is the collection that chatd sets up.
var Messages = Collection{Name: "messages", Fields: []Field{
	{Name: "content", Required: true, MaxLength: 4000},
	{Name: "user_created", Special: UserCreated},
	{Name: "date_created", Special: DateCreated},
	{Name: "date_updated", Special: DateUpdated},
	{Name: "deleted_at"},
	{Name: "reply_to"},
}}

// Guarded is Messages that can be edited and deleted, as behind the guard that chatd sets up.
var Guarded = Collection{Name: Messages.Name, Fields: Messages.Fields, Change: []string{"content", "deleted_at"}, Final: "deleted_at"}

// Reactions is the collection of reactions that chatd sets up.
var Reactions = Collection{Name: "message_reactions", Fields: []Field{
	{Name: "message", Required: true},
	{Name: "emoji", Required: true},
	{Name: "removed"},
	{Name: "user_created", Special: UserCreated},
	{Name: "date_created", Special: DateCreated},
	{Name: "date_updated", Special: DateUpdated},
}, Change: []string{"removed"}}

// TutorialMessages is the collection of Directus's own chat tutorials.
var TutorialMessages = Collection{Name: "messages", IntegerKey: true, Fields: []Field{
	{Name: "text", Required: true},
	{Name: "user_created", Special: UserCreated},
	{Name: "date_created", Special: DateCreated},
}}

// CompletedMessages is the same, with what chatd setup adds to recognise a message by.
var CompletedMessages = Collection{
	Name: TutorialMessages.Name, IntegerKey: true, Fields: append(slices.Clone(TutorialMessages.Fields), Field{Name: "client_id", Key: true}),
}

// Profiles is the directory of names that chatd sets up.
var Profiles = Collection{Name: "chat_profiles", NoCreate: true, Fields: []Field{{Name: "name"}}}

type collection struct {
	Collection
	rows    []row // in the order of creation
	lastKey int
}

// A row is an item as JSON has it.
type row map[string]any

const timestamp = "2006-01-02T15:04:05.000Z"

func newUUID() string { return uuid.NewString() }

// key is a row's key as text: compare no other way, its type depends on who tells it.
func (r row) key() string { return text(r["id"]) }

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(encode(v))
}

func (c *collection) find(key string) row {
	for _, r := range c.rows {
		if r.key() == key {
			return r
		}
	}
	return nil
}

func (c *collection) field(name string) (Field, bool) {
	if name == "id" {
		return Field{Name: name}, true
	}
	i := slices.IndexFunc(c.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return c.Fields[i], true
}

// collection returns one by name. A test that names another one is wrong.
func (s *Server) collection(name string) *collection {
	if c := s.collections[name]; c != nil {
		return c
	}
	panic("directustest: no collection " + name)
}

// Rows returns what is stored in a collection, in the order of creation.
func (s *Server) Rows(collection string) []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []map[string]any
	for _, r := range s.collection(collection).rows {
		rows = append(rows, maps.Clone(r))
	}
	return rows
}

// Insert stores a row as an administrator's script would, with forged dates and authors if it names them, and returns
// its key as text.
func (s *Server) Insert(collection string, values map[string]any) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.collection(collection)
	r := s.newRow(c, values, nil)
	maps.Copy(r, values)
	c.rows = append(c.rows, r)
	s.emit(c, "create", r.key())
	return r.key()
}

// Update changes rows; their subscribers get one event.
func (s *Server) Update(collection string, values map[string]any, keys ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.collection(collection)
	for _, key := range keys {
		r := c.find(key)
		for _, f := range c.Fields {
			if f.Special == DateUpdated {
				r[f.Name] = s.now().Format(timestamp)
			}
		}
		maps.Copy(r, values)
	}
	s.emit(c, "update", keys...)
}

// Delete removes rows; their subscribers get one event, with keys as text whatever their type is.
func (s *Server) Delete(collection string, keys ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.collection(collection)
	c.rows = slices.DeleteFunc(c.rows, func(r row) bool { return slices.Contains(keys, r.key()) })
	s.emit(c, "delete", keys...)
}

// newRow is a complete row of the values and what the server fills in.
func (s *Server) newRow(c *collection, values map[string]any, author *user) row {
	r := row{}
	for _, f := range c.Fields {
		switch f.Special {
		case UserCreated:
			r[f.Name] = nil
			if author != nil {
				r[f.Name] = author.ID
			}
		case DateCreated:
			r[f.Name] = s.now().Format(timestamp)
		case DateUpdated:
			r[f.Name] = nil
		default:
			r[f.Name] = values[f.Name]
		}
	}
	switch id := values["id"]; {
	case id != nil:
		r["id"] = id
	case c.IntegerKey:
		c.lastKey++
		r["id"] = c.lastKey
	default:
		r["id"] = newUUID()
	}
	return r
}

// create stores what a user sends, one object or an array of them, all or nothing, and returns it as read back; nil
// where it may not be read.
func (s *Server) create(u *user, name string, payload []byte, q query) (any, error) {
	c := s.collections[name]
	if u == nil || c == nil || c.NoCreate {
		return nil, errForbidden
	}
	var many []map[string]any
	single := json.Unmarshal(payload, &many) != nil
	if single {
		var values map[string]any
		if json.Unmarshal(payload, &values) != nil || values == nil {
			return nil, errPayload(`"data" should be an object or an array.`)
		}
		many = append(many, values)
	}
	var rows []row
	for _, values := range many {
		r := s.newRow(c, values, u)
		if err := c.check(r); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	var keys []string
	for _, r := range rows {
		c.rows = append(c.rows, r)
		keys = append(keys, r.key())
		s.emit(c, "create", r.key())
	}
	switch {
	case use(&s.loseReplies):
		return nil, errLost
	case c.NoRead:
		return nil, nil
	case single:
		return s.readOne(c, keys[0], q)
	}
	var back []row
	for _, key := range keys {
		r, err := s.readOne(c, key, q)
		if err != nil {
			return nil, err
		}
		back = append(back, r.(row))
	}
	return back, nil
}

// check refuses what the schema does not allow.
func (c *collection) check(r row) error {
	if id, ok := r["id"].(string); !c.IntegerKey && (!ok || uuid.Validate(id) != nil) {
		return errForbidden
	}
	if c.find(r.key()) != nil {
		return c.notUnique("id", r.key())
	}
	for _, f := range c.Fields {
		same := func(other row) bool { return r[f.Name] != nil && other[f.Name] == r[f.Name] }
		if f.Key && slices.ContainsFunc(c.rows, same) {
			return c.notUnique(f.Name, text(r[f.Name]))
		}
	}
	return c.checkFields(r)
}

func (c *collection) notUnique(field, value string) failure {
	return failure{http.StatusBadRequest, "RECORD_NOT_UNIQUE",
		fmt.Sprintf("Value %q for field %q in collection %q has to be unique.", value, field, c.Name)}
}

func (c *collection) checkFields(r row) error {
	for _, f := range c.Fields {
		content, _ := r[f.Name].(string)
		if f.Required && r[f.Name] == nil || f.MaxLength > 0 && len(content) > f.MaxLength {
			return failure{http.StatusBadRequest, codeValidation,
				fmt.Sprintf("Validation failed for field %q.", f.Name)}
		}
	}
	return nil
}

// codeValidation is the failure that Directus never answers over the socket.
const codeValidation = "FAILED_VALIDATION"

// read answers a query.
func (s *Server) read(c *collection, q query) (page, error) {
	rows := []row{}
	// What is wrong with a query is found without looking at rows.
	if _, err := q.matches(c, row{}); err != nil {
		return page{}, err
	}
	if _, err := s.project(c, row{}, q.fields); err != nil {
		return page{}, err
	}
	for _, r := range c.rows {
		ok, err := q.matches(c, r)
		if err != nil {
			return page{}, err
		}
		if ok {
			rows = append(rows, r)
		}
	}
	result := page{}
	if len(q.meta) > 0 {
		counts := map[string]int{"total_count": len(c.rows), "filter_count": len(rows)}
		maps.DeleteFunc(counts, func(name string, _ int) bool { return !slices.Contains(q.meta, name) })
		result.Meta = counts
	}
	if q.count {
		result.Data = []row{{"count": len(rows)}}
		return result, nil
	}
	if err := q.order(c, rows); err != nil {
		return page{}, err
	}
	shown := []row{}
	for _, r := range q.cut(rows) {
		p, err := s.project(c, r, q.fields)
		if err != nil {
			return page{}, err
		}
		shown = append(shown, p)
	}
	result.Data = shown
	return result, nil
}

func (s *Server) readOne(c *collection, key string, q query) (any, error) {
	r := c.find(key)
	if r == nil {
		return nil, errForbidden // the same as for a row that may not be read
	}
	return s.project(c, r, q.fields)
}

// project is a row with the fields asked for. A relation whose target may not be read is left out without a word.
func (s *Server) project(c *collection, r row, fields []string) (row, error) {
	if len(fields) == 0 {
		fields = []string{"*"}
	}
	shown := row{}
	for _, name := range fields {
		parent, child, nested := strings.Cut(name, ".")
		f, known := c.field(parent)
		switch {
		case name == "*":
			maps.Copy(shown, r)
		case !known || nested && f.Special != UserCreated:
			return nil, errForbidden
		case !nested:
			if _, ok := shown[name].(row); !ok {
				shown[name] = r[name]
			}
		case !s.cfg.HideUsers:
			author, ok := shown[parent].(row)
			if !ok {
				author = row{}
			}
			shown[parent] = nil
			for _, u := range s.users {
				if u.ID != r[parent] {
					continue
				}
				value, ok := u.row()[child]
				if !ok {
					return nil, errForbidden
				}
				author[child] = value
				shown[parent] = author
			}
		}
	}
	return shown, nil
}

// A page is an answer with rows, and counts where asked for.
type page struct {
	Data any            `json:"data"`
	Meta map[string]int `json:"meta,omitempty"`
}
