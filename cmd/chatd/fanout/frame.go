package fanout

import (
	"bytes"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A query is a subscription to fields of all rows of a collection.
type query struct {
	collection   string
	fields, sort []string // in the order of the answer
}

// names are all that a query names of a row.
func (q query) names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, names := range [][]string{q.fields, q.sort} {
			for _, name := range names {
				if !yield(name) {
					return
				}
			}
		}
	}
}

// A subscribe is a message that subscribes, as far as it matters here.
type subscribe struct {
	uid       string
	hasUID    bool
	query     query
	shareable bool // by its form
}

// readSubscribe reads a message that the relay has let pass, so that it is well-formed and has no member twice. One is
// shareable whose answer depends on nothing but the rights to read its fields: "limit" has to be 0, with which the first
// answer holds no rows.
func readSubscribe(text []byte) (s subscribe) {
	var m struct {
		UID        jsontext.Value `json:"uid"`
		Collection string         `json:"collection"`
		Event      jsontext.Value `json:"event"`
		Item       jsontext.Value `json:"item"`
		Query      jsontext.Value `json:"query"`
	}
	if json.Unmarshal(text, &m) != nil {
		return s
	}
	s.uid, s.hasUID = readUID(m.UID)
	var q struct {
		Fields []string `json:"fields"`
		Sort   []string `json:"sort"`
		Limit  *int     `json:"limit"`
	}
	if !s.hasUID || m.Event != nil || m.Item != nil || m.Query == nil ||
		json.Unmarshal(m.Query, &q, json.RejectUnknownMembers(true)) != nil ||
		len(q.Fields) == 0 || twice(q.Fields) || len(q.Sort) > 1 || q.Limit == nil || *q.Limit != 0 {
		return s
	}
	s.query = query{m.Collection, q.Fields, q.Sort}
	s.shareable = true
	return s
}

// twice reports whether a name is there twice.
func twice(names []string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(names)))) < len(names)
}

// readUID is the uid of a message as Directus takes it: a number is the text of it. One that JavaScript might write in
// another way is none.
func readUID(value jsontext.Value) (uid string, ok bool) {
	switch {
	case len(value) == 0:
		return "", false
	case value[0] == '"':
		return uid, json.Unmarshal(value, &uid) == nil
	}
	number, err := strconv.ParseUint(string(value), 10, 53)
	return strconv.FormatUint(number, 10), err == nil
}

// readUnsubscribe returns the uid of a message that ends a subscription; without one it ends all.
func readUnsubscribe(text []byte) (uid string, all bool) {
	var m struct {
		UID jsontext.Value `json:"uid"`
	}
	if json.Unmarshal(text, &m) != nil || len(m.UID) == 0 {
		return "", true
	}
	uid, ok := readUID(m.UID)
	if !ok {
		uid = noUID
	}
	return uid, false
}

// noUID is not valid UTF-8, and so nobody's.
const noUID = "\xff"

// key is the same for what is the same subscription, in whatever order the fields are.
func (q query) key() string {
	return q.collection + "\n" + strings.Join(slices.Sorted(slices.Values(q.fields)), ",") + "\n" + strings.Join(q.sort, ",")
}

// feedUID is the uid of a feed's subscription.
const feedUID = "feed"

// What a feed says. There is nothing in it that could not be written in JSON.
func authMessage(token string) []byte {
	return encode(struct {
		Type  string `json:"type"`
		UID   string `json:"uid"`
		Token string `json:"access_token"`
	}{"auth", feedUID, token})
}

func (q query) subscribeMessage() []byte {
	type wanted struct {
		Fields []string `json:"fields"`
		Sort   []string `json:"sort,omitempty"`
		Limit  int      `json:"limit"`
	}
	return encode(struct {
		Type       string `json:"type"`
		UID        string `json:"uid"`
		Collection string `json:"collection"`
		Query      wanted `json:"query"`
	}{"subscribe", feedUID, q.collection, wanted{q.fields, q.sort, 0}})
}

func unsubscribeMessage(uid string) []byte {
	return encode(struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	}{"unsubscribe", uid})
}

var (
	pong = []byte(`{"type":"pong"}`)
	// They end subscriptions that are none: unlike a ping that has an answer always.
	probe    = []byte(`{"type":"unsubscribe","uid":"probe"}`)
	lastWord = []byte(`{"type":"unsubscribe","uid":"last"}`)
)

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // it is strings and numbers
	}
	return text
}

// A kind of message that a feed is told.
type kind int

const (
	other   kind = iota
	ping         // wants a pong
	ready        // logged in
	begun        // subscribed
	event        // something has changed
	last         // the answer to lastWord
	refused      // an error, which is about all that a feed does
)

// eventEnd is how messages to a feed's subscription end: Directus writes the uid last.
var eventEnd = []byte(`,"uid":"` + feedUID + `"}`)

var (
	eventStart = []byte(`{"type":"subscription","event":"`)
	initStart  = []byte(`{"type":"subscription","event":"init"`)
)

// read says what a message is. Of an error it returns the code.
func read(text []byte) (what kind, code string) {
	if bytes.HasPrefix(text, eventStart) && bytes.HasSuffix(text, eventEnd) {
		switch {
		case bytes.HasPrefix(text, initStart):
			return begun, ""
		default:
			return event, ""
		}
	}
	var m struct {
		Type   string `json:"type"`
		Status string `json:"status"`
		UID    string `json:"uid"`
		Error  struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	if json.Unmarshal(text, &m) != nil {
		return refused, "no JSON"
	}
	switch {
	case m.Type == "ping":
		return ping, ""
	case m.Status == "error":
		return refused, m.Error.Code
	case m.Type == "auth" && m.Status == "ok":
		return ready, ""
	case m.UID == "last":
		return last, ""
	}
	return other, ""
}

// addressed is a message to the feed's subscription as one to that of a client.
func addressed(text []byte, uid string) []byte {
	name := encode(uid)
	body := text[:len(text)-len(eventEnd)]
	p := make([]byte, 0, len(body)+len(`,"uid":}`)+len(name))
	p = append(append(append(p, body...), `,"uid":`...), name...)
	return append(p, '}')
}

// initMessage says that a subscription is in force. It holds no rows, as nobody asked for some.
var initMessage = append([]byte(`{"type":"subscription","event":"init","data":[]`), eventEnd...)
