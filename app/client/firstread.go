package client

import (
	"context"
	"time"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/directus"
)

// A firstRead is what whoever logs in sees first: the newest messages and the names of their authors, read before anything
// is subscribed to. So it is worth as much as what was kept for the next start, and goes the same way: it is shown, and
// what has changed since is read behind the subscriptions.
type firstRead struct {
	messages *awaited
	people   *awaited      // nil where the project has no list of them
	me       *awaited      // who the user is
	done     chan struct{} // closed when all are answered
	cache    chat.Cache    // what they say, then; the zero one if it is of no use
	reader   chat.Person   // likewise
	whole    bool          // all of it has been read, and there is no more to know of the messages than it says
}

// readFirst asks for it, as in the project that is expected.
func (c *Client) readFirst(ask call) *firstRead {
	p := c.expected()
	begun := time.Now()
	read := func(r directus.Request) *awaited {
		return ahead(func() (directus.Response, error) {
			ctx, cancel := context.WithTimeout(c.ctx, readTimeout)
			defer cancel()
			return ask(ctx, r)
		})
	}
	f := &firstRead{messages: read(p.request(chat.NewestPage())), done: make(chan struct{})}
	if p.Names == namesProfiles {
		f.people = read(p.people())
	}
	f.me = read(whoAmI())
	c.jobs.Go(func() {
		defer close(f.done)
		page, err := f.messages.answer()
		took := time.Since(begun)
		if err == nil && !page.Date.IsZero() { // else nobody knows from when on to read what has changed
			f.cache = firstPage(page.Body, p.Mapping, page.Date.Add(-took))
		}
		named := f.readPeople()
		rows := f.cache.Messages
		numbered := len(rows) > 0 && isNumber(rows[0].ID) // they may have another key beside that one
		f.whole = f.readMe() && named && !numbered && !f.cache.Cursor.IsZero()
	})
	return f
}

func (f *firstRead) readPeople() (ok bool) {
	if f.people == nil {
		return false
	}
	list, err := f.people.answer()
	if err == nil {
		f.cache.People, _ = decodePeople(unwrap(list.Body))
	}
	return err == nil
}

func (f *firstRead) readMe() (ok bool) {
	me, err := f.me.answer()
	if err == nil {
		f.reader, err = decodeMe(me)
	}
	return err == nil
}

// headStart is how long what is read first has the server for itself, at most.
const headStart = 30 * time.Millisecond

// lead waits until what is read first has been answered, but not for long: a server that is asked everything at once
// answers everything late, and on a long line the questions are to travel together.
func (f *firstRead) lead() {
	select {
	case <-f.done:
	case <-time.After(headStart):
	}
}

func firstPage(body []byte, m directuschat.Mapping, asOf time.Time) chat.Cache {
	rows, count, err := decodeRows(unwrap(body), m)
	if err != nil {
		return chat.Cache{}
	}
	return chat.CacheOf(rows, count >= chat.NewestPage().Limit, asOf, nil)
}

// sparing is ask, but a trial of what is being read is answered by that, which says as much: unless it fails for another
// reason than a row would, as a page that is too large, or keeps everybody waiting.
func (f *firstRead) sparing(ask call, m directuschat.Mapping) call {
	reads := map[string]*awaited{nameOf(messagesTrial(m)): f.messages}
	if f.people != nil {
		reads[nameOf(profilesTrial(m))] = f.people
	}
	return func(ctx context.Context, r directus.Request) (directus.Response, error) {
		if nameOf(r) == nameOf(whoAmI()) {
			select {
			case <-f.me.done:
				return f.me.answer()
			case <-ctx.Done():
				return directus.Response{}, ctx.Err()
			}
		}
		read := reads[nameOf(r)]
		if read == nil {
			return ask(ctx, r)
		}
		select {
		case <-read.done:
			if read.err == nil || directus.IsCode(read.err, directus.CodeForbidden) {
				return read.answer()
			}
		case <-time.After(enterPatience):
		case <-ctx.Done():
		}
		return ask(ctx, r)
	}
}

// enterSoon shows what was read while it is found out whether the user can enter, where nothing speaks against it: messages
// and names can be read as they are mapped, and there is a socket. Mostly no more is to be found out then than what may be
// written.
func (c *Client) enterSoon(l *link, socket *dialled) {
	f := l.first
	c.jobs.Go(func() {
		for _, told := range []<-chan struct{}{f.done, socket.done} {
			select {
			case <-told:
			case <-c.ctx.Done():
				return
			}
		}
		if !f.whole || !socket.opened() {
			return
		}
		c.mail.put(func() {
			if c.early == l {
				c.acted = true // whoever has logged in waits for it
				c.apply(chat.RoomRead{Me: f.reader, Project: l.project.domain(), Cache: f.cache})
			}
		})
	})
}

// show shows what was read for a log-in, when it is there, as long as it is of the project that is shown.
func (c *Client) show(l *link) {
	f, user := l.first, c.user.home.user
	loaded := func() {
		if c.user.link == l {
			c.acted = true // whoever has logged in waits for it
			c.apply(chat.CacheLoaded{User: user, Cache: f.cache})
		}
	}
	select {
	case <-f.done:
		loaded()
	default:
		c.start(readTimeout, func(ctx context.Context) func() {
			select {
			case <-f.done:
				return loaded
			case <-ctx.Done():
				return func() {}
			}
		})
	}
}
