package rehearsal

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/mailru/easyjson/jlexer"

	"directuschat"
	"directuschat/app/directus"
)

// A stage is the Directus of the play. It says what the program has to read at a log-in and with the first messages, in
// the shapes of directustest, and checks nothing.
type stage struct {
	mapping directuschat.Mapping
	moment  func(context.Context)
	began   string // when, as Directus writes a date
}

// Do answers a request.
func (s *stage) Do(ctx context.Context, _ string, r directus.Request) (directus.Response, error) {
	body := []byte(`{"data":` + s.answer(r) + "}")
	s.moment(ctx)
	return directus.Response{Status: 200, Date: time.Now(), Body: body}, ctx.Err()
}

func (s *stage) answer(r directus.Request) string {
	collection, _ := strings.CutPrefix(r.Path, "items/")
	switch {
	case r.Path == "auth/login":
		return `{"expires":900000,"refresh_token":"rehearsal","access_token":"rehearsal"}`
	case r.Path == "users/me":
		return `{"id":"` + person(0) + `","first_name":"Alice","last_name":"Example"}`
	case r.Path == "permissions/me":
		return s.rights()
	case r.Path == "server/info":
		return `{"version":"12.4.0","websocket":{"rest":{},"heartbeat":30}}`
	case collection == s.mapping.Profiles:
		return array(people, func(i int) string { return `{"id":"` + person(i) + `","name":"Person ` + strconv.Itoa(i) + `"}` })
	case collection == s.mapping.Reactions:
		return array(3, func(i int) string {
			return `{"id":"` + strconv.Itoa(i) + `","message":"` + key(held-i) + `","user_created":"` + person(i) +
				`","emoji":"👍","removed":null,"date_created":"` + s.date(held) + `","date_updated":null}`
		})
	default:
		return s.messages(r)
	}
}

// messages answers with the newest messages, with all where it is asked which of those between two dates are still there,
// and with nothing where it is asked what has changed since, or comes behind these.
func (s *stage) messages(r directus.Request) string {
	filter, limit := r.Query.Get("filter"), r.Query.Get("limit")
	switch {
	case filter == "":
		n, _ := strconv.Atoi(limit)
		return array(min(n, held), func(i int) string { return s.row(held - i) })
	case strings.Contains(filter, "_lt") && !strings.Contains(filter, "_nin"):
		return array(held, func(i int) string { return s.row(i + 1) })
	default:
		return "[]"
	}
}

// Of the play.
const (
	held   = 100
	people = 4
)

// What follows puts texts together and nothing else: the functions of fmt and of time are so large that the engine would
// compile them anew for the play alone.

func key(i int) string { return "a0000000-0000-7000-8000-" + digits(i, 12) }

// author is who has written the i-th message: in turns, and what comes after the first page somebody else than the user.
func author(i int) string {
	if i > held {
		return person(1)
	}
	return person(i / 3)
}

func person(i int) string { return "b0000000-0000-4000-8000-" + digits(i%people, 12) }

// digits are those of a number, in so many places, 12 at most.
func digits(i, places int) string {
	text := "000000000000" + strconv.Itoa(i)
	return text[len(text)-places:]
}

// date is that of the i-th message, as Directus writes it: all are of the second in which the play began, the first
// thousand a millisecond apart.
func (s *stage) date(i int) string {
	return s.began[:len(s.began)-len("000Z")] + digits(min(i, 999), 3) + "Z"
}

func array(n int, element func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = element(i)
	}
	return "[" + strings.Join(all, ",") + "]"
}

// texts are what is said in turns, as JSON has them.
var texts = []string{
	"What is said mostly is a line or two, and nothing else.",
	"Yes.",
	"And now and then *something* has **marks** in it, `code`, or an address: https://example.com/",
	"👍",
}

// row is the i-th message.
func (s *stage) row(i int) string {
	m := s.mapping
	row := `{"` + m.ID + `":"` + key(i) + `","` + m.Content + `":"` + texts[i%len(texts)] + `","` + m.Created + `":"` + s.date(i)
	row += `","` + m.Author + `":"` + author(i) + `"`
	for _, name := range []string{m.Updated, m.Deleted, m.ReplyTo} {
		if name != "" {
			row += `,"` + name + `":null`
		}
	}
	return row + "}"
}

// rights are those of a user of the chat.
func (s *stage) rights() string {
	all := `":{"read":{"access":"full","fields":["*"]},"create":{"access":"full","fields":["*"]},"update":{"access":"full","fields":["*"]}}`
	return `{"` + s.mapping.Collection + all + `,"` + s.mapping.Profiles + all + `,"` + s.mapping.Reactions + all + "}"
}

// Dial opens a socket.
func (s *stage) Dial(context.Context, string) (directus.Conn, error) {
	return &socket{stage: s, said: make(chan said, 16), rows: held}, nil
}

// A socket is one to the play.
type socket struct {
	stage *stage
	said  chan said
	rows  int
	burst int // events that are still to come, as fast as they are read
}

// What is said is a frame, and behind it a burst of so many events.
type said struct {
	frame string
	burst int
}

// atOnce are the events of a burst between two moments.
const atOnce = 20

func (c *socket) Read(ctx context.Context) ([]byte, error) {
	if c.burst > 0 {
		if c.burst--; c.burst%atOnce == 0 {
			c.stage.moment(ctx)
		}
		c.rows++
		return []byte(event(c.stage.row(c.rows))), ctx.Err()
	}
	select {
	case s := <-c.said:
		c.stage.moment(ctx)
		c.burst = s.burst
		return []byte(s.frame), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func event(row string) string {
	return `{"type":"subscription","event":"create","uid":"messages","data":[` + row + "]}"
}

// Write takes a frame and answers it. Who sends a message hears of it, and of another one; and of as many more at once as the
// message says, if it is a number.
func (c *socket) Write(_ context.Context, frame []byte) error {
	var kind, uid, row string
	l := jlexer.Lexer{Data: frame}
	directus.ReadObject(&l, func(name string) {
		switch name {
		case "type":
			kind = directus.ReadText(&l)
		case "uid":
			uid = directus.ReadText(&l)
		case "data":
			row = string(l.Raw())
		default:
			l.SkipRecursive()
		}
	})
	say := func(frame string) { c.said <- said{frame: frame} }
	switch kind {
	case "auth":
		say(`{"type":"auth","status":"ok","uid":"` + uid + `"}`)
	case "subscribe":
		say(`{"type":"subscription","event":"init","uid":"` + uid + `"}`)
	case "items":
		c.rows++
		m := c.stage.mapping
		burst := c.burstOf(row)
		row = strings.TrimSuffix(row, "}") + `,"` + m.Created + `":"` + c.stage.date(c.rows) + `","` + m.Author + `":"` + person(0) + `"}`
		say(`{"type":"items","uid":"` + uid + `","data":` + row + "}")
		say(event(row))
		c.rows++
		c.said <- said{event(c.stage.row(c.rows)), burst}
	}
	return nil
}

// burstOf is the number that a message is; 0 if it is none.
func (c *socket) burstOf(row string) (number int) {
	l := jlexer.Lexer{Data: []byte(row)}
	directus.ReadObject(&l, func(name string) {
		if name == c.stage.mapping.Content {
			number, _ = strconv.Atoi(directus.ReadText(&l))
		} else {
			l.SkipRecursive()
		}
	})
	return number
}

func (c *socket) Close() {}
