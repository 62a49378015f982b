package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

const (
	logInTimeout    = 30 * time.Second // log-in and discovery: Directus makes every log-in take half a second
	discoverTimeout = 30 * time.Second
	rotateTimeout   = 30 * time.Second // another tab may hold the token for a while
)

// signIn logs in and looks whether the room can be entered. If not, nothing stays: the log-in is revoked, and the form
// says why. What can begin before all of that is known does, and the room can be seen: see headstart.go.
func (c *Client) signIn(e chat.SignIn) {
	c.signingIn.Store(true)
	c.jobs.Go(func() {
		ctx, cancel := context.WithTimeout(c.ctx, logInTimeout)
		defer cancel()
		socket := c.dialAhead()
		grant, err := c.cfg.API.Login(ctx, e.Email, directus.Secret(e.Password), directus.Secret(e.Code))
		if err != nil {
			socket.drop()
			c.signInFailed(logInProblem(err, e.Code != ""))
			return
		}
		ask := func(ctx context.Context, r directus.Request) (directus.Response, error) {
			r.Token = grant.Access
			return c.cfg.API.Call(ctx, r)
		}
		first := c.readFirst(ask)
		first.lead()
		c.mail.put(func() { c.begin(grant, socket, first) })
		me, project, err := discover(ctx, first.sparing(ask, c.cfg.Mapping), c.cfg.Mapping)
		var server directus.Server
		if err == nil && !socket.opened() { // else there is one, and the session asks what it is
			server, err = findServer(ctx, ask)
		}
		if err != nil {
			c.signInFailed(requestProblem(err))
			c.revoke(grant.Refresh)
			return
		}
		c.disk.put(func() {
			r, err := c.keep(record{Me: me, Project: project, Email: e.Email}, grant.Refresh, e.Shared)
			if err != nil {
				c.signInFailed(chat.Problem{Code: chat.ProblemStorageFailing})
				c.revoke(grant.Refresh)
				return
			}
			c.mail.put(func() { c.whenRead(grant, project, func() { c.loggedIn(r, grant, server) }) })
		})
	})
}

// loggedIn enters, unless this tab is in already: the record is stored before, and another tab may have made this one look.
// To enter twice would undo whatever the user has done between. Who has pressed Log in waits to see this.
func (c *Client) loggedIn(r record, grant directus.Grant, server directus.Server) {
	c.acted = true
	if u := c.user; u != nil && u.home == r.home() {
		c.giveUpStart()
		u.verified = true
		u.link.session.Adopt(grant)
		c.tellGrant(r.Me.ID, grant)
		return
	}
	c.enter(r, grant, server)
}

// findServer fails where there is no WebSocket to connect to. Without an answer, connecting will show.
func findServer(ctx context.Context, ask call) (directus.Server, error) {
	server, err := directus.ReadServer(ctx, ask)
	if err == nil && server.Mute {
		return server, &foundProblem{chat.Problem{Code: chat.ProblemRealtimeDisabled}}
	}
	return server, nil
}

func (c *Client) signInFailed(p chat.Problem) {
	c.mail.put(func() {
		c.giveUpStart()
		c.apply(chat.SignInFailed{Problem: p})
		if c.signingIn.Store(false); c.user == nil {
			c.disk.put(c.takeStock) // it may have given way
		}
	})
}

// keep makes a new session durable. A token that is still there is another log-in's, perhaps of another user: it goes
// first, so that it is never taken for the new user's.
func (c *Client) keep(r record, refresh directus.Secret, shared bool) (record, error) {
	clearToken := func() error { c.clearToken(func(directus.Secret) bool { return true }); return nil }
	settleIn := func() error { r.Generation = c.settleIn(r.Me, shared); return nil }
	if shared == c.cfg.Store.Shared() {
		_ = concurrently(clearToken, settleIn)
	} else { // the token is where this tab has kept things until now
		_ = errors.Join(clearToken(), settleIn())
	}
	ctx, cancel := context.WithTimeout(c.ctx, rotateTimeout)
	defer cancel()
	err := c.keepRecord(r)
	if err == nil {
		err = c.cfg.Store.Rotate(ctx, func(context.Context, string) (string, error) { return string(refresh), nil })
	}
	if stored, ok := c.stored(); err == nil && (!ok || stored.home() != r.home()) {
		err = errNotKept
	}
	if err != nil {
		c.removeRecord(r.home())
		c.cfg.Store.SetShared(false)
	}
	return r, err
}

// errNotKept: what was stored is not there.
var errNotKept = errors.New("the browser keeps nothing")

// settleIn chooses where this tab stores what is the user's, and takes there what an ended session of theirs has left
// unsent elsewhere.
func (c *Client) settleIn(me chat.Person, shared bool) (generation string) {
	store, records := c.cfg.Store, c.cfg.Records
	if shared == store.Shared() {
		return c.generationOf(me)
	}
	generation, _ = records.Get(c.ctx, generationKey+string(me.ID))
	before := home{me.ID, generation}.of(outboxKey)
	items, err := records.List(c.ctx, before)

	store.SetShared(shared)
	generation = c.generationOf(me)
	now := home{me.ID, generation}.of(outboxKey)
	for key, text := range items {
		err = errors.Join(err, records.Put(c.ctx, now+strings.TrimPrefix(key, before), text))
	}
	if err == nil && len(items) > 0 {
		store.SetShared(!shared)
		_ = store.Wipe(c.ctx, before)
		store.SetShared(shared)
	}
	return generation
}

// generationOf is that of somebody's home, a new one if they have none, or have logged out of it.
func (c *Client) generationOf(me chat.Person) string {
	key := generationKey + string(me.ID)
	before, _ := c.cfg.Records.Get(c.ctx, key)
	if before != "" && c.stands(home{me.ID, before}) {
		return before
	}
	generation := newID()
	if c.cfg.Records.PutIf(c.ctx, key, before, key, generation) != nil {
		if now, _ := c.cfg.Records.Get(c.ctx, key); now != before && now != "" {
			return now // another tab was quicker
		}
	}
	return generation // if it was not stored: see moveIn
}

// newID is a text that nobody else chooses.
func newID() string { return strconv.FormatUint(rand.Uint64(), 36) }
