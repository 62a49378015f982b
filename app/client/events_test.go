package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/directus"
	"directuschat/app/store"
)

// A fakeSession does what a test says. A function that is not set answers that there is no connection.
type fakeSession struct {
	run    func(context.Context) error
	call   func(context.Context, directus.Request) (directus.Response, error)
	create func(ctx context.Context, collection string, data []byte) ([]byte, error)
	once   int      // how many of these were to be made once
	told   []string // of the browser
}

var _ Session = (*fakeSession)(nil)

func (f *fakeSession) Run(ctx context.Context) error {
	if f.run == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return f.run(ctx)
}

func (f *fakeSession) Call(ctx context.Context, r directus.Request) (directus.Response, error) {
	if f.call == nil {
		return directus.Response{}, directus.ErrUnreachable
	}
	return f.call(ctx, r)
}

func (f *fakeSession) CreateItem(ctx context.Context, collection string, data []byte) ([]byte, error) {
	if f.create == nil {
		return nil, directus.ErrUnreachable
	}
	return f.create(ctx, collection, data)
}

func (f *fakeSession) CreateItemOnce(ctx context.Context, collection string, data []byte) ([]byte, error) {
	f.once++
	return f.CreateItem(ctx, collection, data)
}

func (f *fakeSession) Adopt(directus.Grant) { f.told = append(f.told, "adopt") }
func (f *fakeSession) Wake()                { f.told = append(f.told, "wake") }
func (f *fakeSession) SetVisible(v bool)    { f.told = append(f.told, fmt.Sprint("visible ", v)) }
func (f *fakeSession) SetOnline(v bool)     { f.told = append(f.told, fmt.Sprint("online ", v)) }

// onLoop is a Client whose work is done when the test says so, with somebody signed in and connected.
func onLoop(t *testing.T) (*Client, *link) {
	s := new(store.Memory).Open("/")
	c := New(Config{
		Mapping: directuschat.DefaultMapping, Store: s, Records: s.Records(),
		NewSession: func(directus.SessionConfig) Session { return &fakeSession{} },
	})
	c.ctx = t.Context()
	l := &link{
		session: &fakeSession{}, project: full, tokens: &tokens{store: s, user: "me"},
		base: 10, settled: map[string]bool{}, later: map[string][]func(){}, stop: func() {},
	}
	c.user = &user{
		ctx: t.Context(), leave: func() {}, home: home{"me", "1"},
		record: record{Me: chat.Person{ID: "me"}, Project: full, Generation: "1"},
		link:   l, verified: true,
	}
	require.NoError(t, c.keepRecord(c.user.record))
	require.NoError(t, s.Put(t.Context(), store.TokenKey, "token"))
	c.state.Apply(c.cfg.Now(), chat.SignedIn{Me: c.user.record.Me, Project: full.domain()})
	c.handle(l, directus.StateChanged{Generation: 1, State: directus.Ready})
	return c, l
}

// work does everything that is waiting.
func work(c *Client) {
	ctx, cancel := context.WithCancel(context.Background())
	c.mail.put(cancel)
	c.mail.serve(ctx, func() {})
}

// waiting is how much is to be done.
func (m *mailbox) waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.work)
}

// Ensure that a burst which nobody keeps up with costs rows, never silently: once for each burst, a gap is marked behind
// the last row that was kept.
func TestOverflowIsAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := onLoop(t)
		const fit = 64
		row := fmt.Sprintf(`[{"id":"a","content":%q}]`, strings.Repeat("a", maxWaiting/fit))
		changed := directus.Changed{Generation: 1, UID: messagesUID, Kind: directus.Create, Data: []byte(row)}
		for range 2 {
			for synctest.Wait(); c.mail.waiting() > 0; synctest.Wait() { // what the connection has set going
				work(c)
			}
			for range 2 * fit {
				c.deliver(l, changed)
			}
			assert.Equal(t, fit+1, c.mail.waiting(), "the rows that fit, and the gap")
			assert.True(t, l.overflowed.Load())

			c.deliver(l, directus.Gap{Generation: 1, Reason: directus.GapClockJump})
			assert.Equal(t, fit+2, c.mail.waiting(), "what is not a row is never lost")
			work(c)
			assert.False(t, l.overflowed.Load(), "the gap has been dealt with")
			assert.Zero(t, l.waiting.Load())
		}
	})
}

// Ensure that what a subscription tells of is read when that is in force, or refused, and so on each connection anew.
func TestSettled(t *testing.T) {
	c, l := onLoop(t)
	var reads []string
	read := func(uid string) { l.whenSettled(uid, func() { reads = append(reads, uid) }) }
	read("none of ours")
	read(peopleUID)
	read(reactionsUID)
	assert.Equal(t, []string{"none of ours"}, reads)
	c.handle(l, directus.Subscribed{Generation: 1, UID: messagesUID})
	assert.Len(t, reads, 1)
	c.handle(l, directus.SubscriptionFailed{Generation: 1, UID: peopleUID, Err: &directus.Error{Code: "FORBIDDEN"}})
	assert.Equal(t, peopleUID, reads[1])
	read(peopleUID)
	assert.Len(t, reads, 3)

	c.handle(l, directus.StateChanged{Generation: 2, State: directus.Ready})
	read(peopleUID)
	assert.Len(t, reads, 3, "on a new connection it begins again")
	c.handle(l, directus.Subscribed{Generation: 2, UID: reactionsUID})
	assert.Equal(t, reactionsUID, reads[3], "what has waited for the one before")
}

// Ensure that of the gaps the one by an expired token is not read before it has ended, and that every other is, at once.
func TestGaps(t *testing.T) {
	tests := map[string]struct {
		event directus.Event
		reads bool
	}{
		"token expired":      {directus.Gap{Generation: 1, Reason: directus.GapTokenExpired}, false},
		"resumed":            {directus.Resumed{Generation: 1}, true},
		"subscription error": {directus.Gap{Generation: 1, Reason: directus.GapSubscriptionError}, true},
		"clock jump":         {directus.Gap{Generation: 1, Reason: directus.GapClockJump}, true},
		"subscribed again":   {directus.Subscribed{Generation: 1, UID: peopleUID}, true},
		"broken rows":        {directus.Changed{Generation: 1, UID: messagesUID, Kind: directus.Update, Data: []byte(`[{`)}, true},
		"broken keys":        {directus.Changed{Generation: 1, UID: messagesUID, Kind: directus.Delete, Data: []byte(`["`)}, true},
		"rows":               {directus.Changed{Generation: 1, UID: messagesUID, Kind: directus.Update, Data: []byte(`[]`)}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, l := onLoop(t)
			reads := make(chan string, 10)
			l.session = &fakeSession{call: func(_ context.Context, r directus.Request) (directus.Response, error) {
				reads <- r.Path
				return directus.Response{}, directus.ErrUnreachable
			}}
			for _, s := range full.subscriptions() {
				c.handle(l, directus.Subscribed{Generation: 1, UID: s.UID})
			}
			c.jobs.Wait()
			for len(reads) > 0 {
				<-reads
			}
			c.handle(l, test.event)
			c.jobs.Wait()
			assert.Equal(t, test.reads, len(reads) == 1)
		})
	}
}

// Ensure that the end of a session by a token which has been replaced meanwhile is not the end.
func TestEndedByAnOldToken(t *testing.T) {
	c, l := onLoop(t)
	s := c.cfg.Store
	require.NoError(t, s.Put(t.Context(), store.TokenKey, "old"))
	refused := errors.New("refused")
	assert.Equal(t, refused, c.user.link.tokens.Rotate(t.Context(), func(context.Context, directus.Secret) (directus.Secret, error) {
		return "", refused
	}))
	sessions := 0
	c.cfg.NewSession = func(directus.SessionConfig) Session {
		sessions++
		return &fakeSession{run: func(context.Context) error { return nil }}
	}

	require.NoError(t, s.Put(t.Context(), store.TokenKey, "new")) // another tab has logged in again
	c.handle(l, directus.StateChanged{Generation: 1, State: directus.Ended})
	assert.Equal(t, 1, sessions)
	assert.Equal(t, chat.PhaseSignedIn, c.state.Snapshot().Phase)

	other := c.user.record
	other.Me.ID = "other"
	require.NoError(t, c.keepRecord(other))
	c.handle(c.user.link, directus.StateChanged{Generation: 1, State: directus.Ended})
	assert.Equal(t, 2, sessions)
	assert.Equal(t, chat.UserID("other"), c.state.Snapshot().Me.ID, "somebody else, even")

	c.user.link.tokens.last = "new"
	c.handle(c.user.link, directus.StateChanged{Generation: 1, State: directus.Ended})
	assert.Equal(t, 2, sessions)
	assert.Nil(t, c.user)
	assert.Equal(t, chat.ProblemSessionEnded, c.state.Snapshot().Login.Problem.Code)
	c.jobs.Wait()
}

// Ensure that whoever sees the log-in form after a log-out is out, also when the page is reloaded at once.
func TestLogOutIsDoneAtOnce(t *testing.T) {
	c, _ := onLoop(t)
	_, ok := c.stored()
	require.True(t, ok)
	c.apply(chat.LogOut{Unsent: chat.UnsentDiscard})
	assert.Equal(t, chat.PhaseSignedOut, c.state.Snapshot().Phase)
	_, ok = c.stored() // nothing of what takes time has been done yet
	assert.False(t, ok)
}

// Ensure that what a session says after its time changes nothing.
func TestLateEvents(t *testing.T) {
	c, l := onLoop(t)
	before := c.state.Snapshot().Version
	c.handle(&link{}, directus.StateChanged{Generation: 5, State: directus.Waiting})
	assert.Equal(t, before, c.state.Snapshot().Version)

	c.user = nil
	c.handle(l, directus.StateChanged{Generation: 5, State: directus.Waiting})
	assert.Equal(t, before, c.state.Snapshot().Version)
}

// Ensure that a second attempt takes the way on which every refusal is told.
func TestCreateAgain(t *testing.T) {
	var went []string
	s := &fakeSession{
		create: func(context.Context, string, []byte) ([]byte, error) {
			went = append(went, "socket")
			return nil, directus.ErrAmbiguous
		},
		call: func(_ context.Context, r directus.Request) (directus.Response, error) {
			went = append(went, r.Method+" "+r.Path+" "+string(r.Body))
			return directus.Response{}, &directus.Error{Status: 400, Code: "FAILED_VALIDATION"}
		},
	}
	o := operation{project: project{Mapping: directuschat.DefaultMapping, OwnKeys: true}, session: s}
	_, err := o.send(t.Context(), false)
	assert.ErrorIs(t, err, directus.ErrAmbiguous)
	_, err = o.send(t.Context(), true)
	assert.NotErrorIs(t, err, directus.ErrAmbiguous)
	assert.Equal(t, []string{"socket", `POST items/messages {"content":"","id":""}`}, went)

	o.project.OwnKeys = false
	_, err = o.send(t.Context(), true)
	assert.ErrorIs(t, err, directus.ErrAmbiguous)
	assert.Equal(t, 1, s.once, "a browser may repeat a request")

	s.call, o.project.OwnKeys = nil, true
	_, err = o.send(t.Context(), true)
	assert.ErrorIs(t, err, directus.ErrAmbiguous, "it may have been sent")
}

// Ensure that what cannot be read of reactions is a gap, as it is of messages, and not silence.
func TestUnreadableReactionsAreAGap(t *testing.T) {
	for _, kind := range []directus.Kind{directus.Create, directus.Delete} {
		c, l := live(t)
		c.handle(l, directus.Changed{Generation: 1, UID: reactionsUID, Kind: kind, Data: []byte(`[{"id":`)})
		assert.Equal(t, chat.ConnectionCatchingUp, c.state.Snapshot().Connection)
	}
}

// live is a Client on a loop whose room is empty and up to date.
func live(t *testing.T) (*Client, *link) {
	c, l := onLoop(t)
	l.session = &fakeSession{call: func(context.Context, directus.Request) (directus.Response, error) {
		return directus.Response{Body: []byte(`{"data":[]}`)}, nil
	}}
	for _, uid := range []string{messagesUID, peopleUID, reactionsUID} {
		c.handle(l, directus.Subscribed{Generation: 1, UID: uid})
	}
	c.jobs.Wait()
	work(c)
	require.Equal(t, chat.ConnectionLive, c.state.Snapshot().Connection)
	return c, l
}

// Ensure that while the events of an expired token are being lost, nobody is told that the room is up to date.
func TestInterrupted(t *testing.T) {
	c, l := live(t)
	c.handle(l, directus.Gap{Generation: 1, Reason: directus.GapTokenExpired})
	assert.Equal(t, chat.ConnectionCatchingUp, c.state.Snapshot().Connection)
}

// Ensure that what is wrong with the connection does not flicker while it is tried again and again.
func TestProblemStays(t *testing.T) {
	c, l := onLoop(t)
	problem := func(e directus.StateChanged) chat.ProblemCode {
		c.handle(l, e)
		return c.state.Snapshot().Problem.Code
	}
	assert.Equal(t, chat.ProblemRealtimeDisabled, problem(directus.StateChanged{Generation: 1, State: directus.Waiting, Err: directus.ErrRealtimeDisabled}))
	assert.Equal(t, chat.ProblemRealtimeDisabled, problem(directus.StateChanged{Generation: 2, State: directus.Connecting}))
	assert.Equal(t, chat.ProblemNotDirectus, problem(directus.StateChanged{Generation: 2, State: directus.Waiting, Err: directus.ErrNotDirectus}))
	assert.Empty(t, problem(directus.StateChanged{Generation: 3, State: directus.Waiting, Err: directus.ErrUnreachable}), "the status says it")
	problem(directus.StateChanged{Generation: 4, State: directus.Waiting, Err: directus.ErrRealtimeDisabled})
	assert.Empty(t, problem(directus.StateChanged{Generation: 5, State: directus.Ready}))
}

// Ensure that the project is looked at once at a time, again after trouble, not again once it is known, and again when a
// subscription is refused.
func TestVerify(t *testing.T) {
	c, l := onLoop(t)
	var looked atomic.Int32
	fail := true
	l.session = &fakeSession{call: func(ctx context.Context, r directus.Request) (directus.Response, error) {
		if r.Path == "users/me" {
			looked.Add(1)
			if fail {
				return directus.Response{}, directus.ErrUnreachable
			}
		}
		return sketch{me: `{"id":"me"}`, permissions: `{"messages":` + everything + `,"chat_profiles":` + everything + `,"message_reactions":` + everything + `}`,
			fields: map[string][]string{"chat_profiles": {"id", "name"}, "message_reactions": reactionFields,
				"messages": {"id", "content", "user_created", "date_created", "date_updated", "deleted_at", "reply_to"}},
		}.call(ctx, r)
	}}
	c.user.verified = false
	look := func() int32 {
		for range 2 {
			c.handle(l, directus.StateChanged{Generation: 1, State: directus.Ready})
		}
		c.jobs.Wait()
		work(c)
		return looked.Load()
	}
	assert.EqualValues(t, 1, look())
	fail = false
	assert.EqualValues(t, 2, look())
	assert.EqualValues(t, 2, look())

	c.handle(l, directus.SubscriptionFailed{Generation: 1, UID: messagesUID, Err: &directus.Error{Code: "FORBIDDEN", Message: "words"}})
	c.jobs.Wait()
	work(c)
	assert.EqualValues(t, 3, looked.Load())
	assert.Equal(t, chat.Problem{Code: chat.ProblemReadForbidden, Detail: "words"}, c.state.Snapshot().Problem, "nothing else explains it")
}

// Ensure that what the browser tells reaches the session, the one there is.
func TestBrowserNews(t *testing.T) {
	c, l := onLoop(t)
	c.SetVisible(false)
	c.SetOnline(true)
	c.Wake()
	work(c)
	assert.Equal(t, []string{"visible false", "online true", "wake"}, l.session.(*fakeSession).told)

	c.user = nil
	c.SetVisible(true)
	c.SetOnline(true)
	c.Wake()
	work(c)
}

// Ensure that a new session is told of the browser only what it does not take for granted: anything else would wake it.
func TestBrowserNewsOfANewSession(t *testing.T) {
	told := func(visible, online bool) []string {
		c, _ := onLoop(t)
		c.visible, c.online = visible, online
		return c.newLink(&tokens{}, full, directus.SessionConfig{}).session.(*fakeSession).told
	}
	assert.Empty(t, told(true, true))
	assert.Equal(t, []string{"visible false", "online false"}, told(false, false))
}
