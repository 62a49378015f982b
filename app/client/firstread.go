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
	done     chan struct{} // closed when both are answered
	cache    chat.Cache    // what they say, then; the zero one if it is of no use
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
	c.jobs.Go(func() {
		defer close(f.done)
		page, err := f.messages.answer()
		took := time.Since(begun)
		if err == nil && !page.Date.IsZero() { // else nobody knows from when on to read what has changed
			f.cache = firstPage(page.Body, p.Mapping, page.Date.Add(-took))
		}
		if f.people == nil {
			return
		}
		if list, err := f.people.answer(); err == nil {
			f.cache.People, _ = decodePeople(unwrap(list.Body))
		}
	})
	return f
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
