package client

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"time"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

const (
	readTimeout = 30 * time.Second
	sendTimeout = 45 * time.Second // an answer by socket or REST takes 10 s at most, a token as long as its refresh
)

func (c *Client) carryOut(effect chat.Effect) {
	switch e := effect.(type) {
	case chat.SignIn:
		c.signIn(e)
	case chat.SignOut:
		c.signOut()
	case chat.DiscardOutbox:
		c.discardUnsent()
	case chat.ReleaseOutbox:
		c.releaseOutbox()
	case chat.Report:
		c.report(e)
	default:
		if c.user != nil {
			c.carryOutFor(effect)
		}
	}
}

// carryOutFor does what only somebody who is signed in can want.
func (c *Client) carryOutFor(effect chat.Effect) {
	switch e := effect.(type) {
	case chat.Discover:
		c.user.verified = false
		c.verify()
	case chat.Load:
		c.load(e)
	case chat.LoadPeople:
		c.user.link.whenSettled(peopleUID, c.loadPeople)
	case chat.LoadNames:
		c.loadNames(e)
	case chat.LoadOriginals:
		c.loadOriginals(e)
	case chat.LoadReactions:
		c.user.link.whenSettled(reactionsUID, func() { c.loadReactions(e) })
	case chat.LoadOutbox:
		c.loadOutbox(e)
	case chat.Save:
		c.saveItem(e)
	case chat.Forget:
		c.forgetItem(e)
	case chat.TakeOutbox:
		c.takeOutbox(e)
	case chat.Transmit:
		c.transmit(e)
	case chat.LookUp:
		c.lookUp(e)
	case chat.After:
		c.after(e)
	case chat.LoadCache:
		c.loadCache(e)
	case chat.SaveMark:
		c.saveMark(e)
	case chat.LoadMark:
		c.loadMark(e.Room)
	case chat.SavePreferences:
		c.savePreferences(e)
	case chat.LoadPreferences:
		c.loadPreferences()
	case chat.Notify:
		c.notify(e)
	case chat.LoadDraft:
		c.loadDraft(e)
	case chat.SaveDraft:
		c.saveDraft(e)
	}
}

// ask starts a request of the user. then gets the answer's data, and returns what it means.
func (c *Client) ask(r directus.Request, then func(directus.Response, error) chat.Event) {
	session := c.user.link.session
	c.start(readTimeout, func(ctx context.Context) func() {
		event := then(session.Call(ctx, r))
		return func() { c.apply(event) }
	})
}

func (c *Client) load(e chat.Load) {
	p := c.user.record.Project
	c.ask(p.request(e.Query), func(resp directus.Response, err error) chat.Event {
		var rows []chat.Message
		var count int
		if err == nil {
			rows, count, err = decodeRows(unwrap(resp.Body), p.Mapping)
		}
		if err != nil {
			return loadFailed(e, err)
		}
		if e.Query.Detail == chat.DetailWithout {
			for i := range rows {
				rows[i].Truncated = true
			}
		}
		return chat.PageLoaded{
			Room: e.Room, Load: e.Load, Messages: rows, More: count >= e.Query.Limit, ServerTime: resp.Date,
		}
	})
}

// loadFailed says why a page could not be read. An invalid query is taken for a page of too many rows first: a project may
// have set QUERY_LIMIT_MAX, and Directus refuses a limit above it.
func loadFailed(e chat.Load, err error) chat.LoadFailed {
	tooLarge := errors.Is(err, directus.ErrTooLarge) || directus.IsCode(err, directus.CodeInvalidQuery)
	failed := chat.LoadFailed{Room: e.Room, Load: e.Load, TooLarge: tooLarge}
	var refusal *directus.Error
	if errors.As(err, &refusal) && refusal.Status >= 400 && refusal.Status < 500 && refusal.Status != 401 && !throttled(refusal) {
		failed.Problem = requestProblem(err)
	}
	return failed
}

func (c *Client) loadPeople() {
	c.ask(c.user.record.Project.people(), func(resp directus.Response, err error) chat.Event {
		if err != nil {
			return chat.PeopleLoaded{}
		}
		people, _ := decodePeople(unwrap(resp.Body))
		return chat.PeopleLoaded{People: people}
	})
}

// loadNames reads the names of people from what they wrote.
func (c *Client) loadNames(e chat.LoadNames) {
	p := c.user.record.Project
	ids := slices.Sorted(maps.Values(e.Messages))
	c.ask(p.authors(ids), func(resp directus.Response, err error) chat.Event {
		if err != nil {
			return chat.PeopleLoaded{}
		}
		rows, _, _ := decodeRows(unwrap(resp.Body), p.Mapping)
		names := map[chat.MessageID]string{}
		for _, row := range rows {
			names[row.ID] = row.AuthorName
		}
		var people []chat.Person
		for id, message := range e.Messages {
			people = append(people, chat.Person{ID: id, Name: names[message]})
		}
		return chat.PeopleLoaded{People: people}
	})
}

// transmit sends an item, unless its user has just logged out elsewhere: this tab will follow.
func (c *Client) transmit(e chat.Transmit) {
	if !c.atHome() {
		return
	}
	o := operation{e.Item, c.user.record.Project, c.user.link.session, c.user.home.user, c.cfg.Now()}
	c.start(sendTimeout, func(ctx context.Context) func() {
		answered := chat.Answered{Room: e.Item.Room, ID: e.Item.ID, Attempt: e.Attempt}
		var row []byte
		var err error
		switch o.Op {
		case chat.OpSend:
			row, err = o.send(ctx, e.Again)
		case chat.OpReact:
			answered.Reactions, err = o.react(ctx)
		default:
			row, err = o.changeMessage(ctx)
		}
		answered.Answer, answered.Problem = answer(err)
		// A row that cannot be read, or not by this user, comes as everybody else's do.
		if rows, _, err := decodeRows(row, o.project.Mapping); err == nil && len(rows) == 1 {
			answered.Message = rows[0]
		}
		return func() { c.answered(answered) }
	})
	runtime.Gosched() // the line first, then the lock and storage
}

// answered tells the other tabs, too, what has become of an item.
func (c *Client) answered(e chat.Answered) {
	c.tellRow(e.Message)
	if e.Answer == chat.AnswerStored {
		c.tell(news{User: c.user.home.user, Settled: &chat.Settled{
			Room: e.Room, ID: e.ID, Message: e.Message, Reactions: e.Reactions,
		}})
	}
	c.apply(e)
}

// send stores a message. Over the socket, Directus leaves some refusals unanswered; where that has happened, REST tells.
func (o operation) send(ctx context.Context, again bool) ([]byte, error) {
	p, row := o.project, o.project.payload(o.Item)
	if p.OwnKeys && again {
		return o.write(ctx, "POST", itemsPath(p.Mapping.Collection), row, p.fields(chat.DetailWhole))
	}
	if p.OwnKeys {
		return o.session.CreateItem(ctx, p.Mapping.Collection, row.encode())
	}
	return o.session.CreateItemOnce(ctx, p.Mapping.Collection, row.encode())
}

func (c *Client) lookUp(e chat.LookUp) {
	p, session := c.user.record.Project, c.user.link.session
	c.start(readTimeout, func(ctx context.Context) func() {
		resp, err := session.Call(ctx, p.lookUp(e))
		answered := chat.Answered{Room: e.Room, ID: e.ID, Attempt: e.Attempt}
		var rows []chat.Message
		if err == nil {
			rows, _, err = decodeRows(unwrap(resp.Body), p.Mapping)
		}
		switch {
		case directus.IsCode(err, directus.CodeForbidden), err == nil && len(rows) == 0:
			answered.Answer = chat.AnswerMissing
		case err != nil:
			answered.Answer = chat.AnswerUnsent
		default:
			answered.Answer, answered.Message = chat.AnswerStored, rows[0]
		}
		return func() { c.answered(answered) }
	})
}

// after waits. Everybody waits a little longer, each for another while, so that many clients do not come back at once.
func (c *Client) after(e chat.After) {
	delay := e.Delay + time.Duration(rand.Float64()*float64(e.Delay)/2)
	c.start(2*delay, func(ctx context.Context) func() {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
		return func() { c.apply(e.Due) }
	})
}

// report tells the operator of an audit. It is tried once: the numbers are for a trend.
func (c *Client) report(e chat.Report) {
	if c.cfg.ReportURL == "" {
		return
	}
	body := []byte(`{"checked":` + strconv.Itoa(e.Checked) + `,"missing":` + strconv.Itoa(e.Missing) + `,"doubled":` + strconv.Itoa(e.Doubled) + "}")
	c.jobs.Go(func() {
		ctx, cancel := context.WithTimeout(c.ctx, readTimeout)
		defer cancel()
		_, _ = c.cfg.API.Transport.Do(ctx, c.cfg.ReportURL, directus.Request{Method: "POST", Body: body})
	})
}
