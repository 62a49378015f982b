package chat_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"directuschat/app/chat"
)

// A browser is two tabs that share storage, a lock and a session, and the server they send to. What is carried out and
// what arrives when, and where a tab crashes, is up to the script.
type browser struct {
	t       *rapid.T
	chance  *rand.Rand
	now     time.Time
	project chat.Project
	numbers bool        // as in a world
	user    chat.UserID // signed in; "" is nobody
	tabs    []*tab

	stored  map[chat.UserID]map[chat.MessageID]chat.Item
	drafts  map[draftKey][]chat.Item // what Send was pressed for and storage has not answered for
	fragile bool                     // storage may fail
	refuses bool                     // storage, every write and every read
	refused bool                     // it has done so
	holder  chair
	waiting []chair

	table  map[chat.MessageID]chat.Message
	late   []chat.Message // writes that are carried out after their sender has given up
	serial int

	// What is known of each text: they are all different, and begin with their user and their tab.
	written   []string        // in this order, once for every time
	promised  map[string]bool // was durable
	failed    map[string]bool // was, at some time, up to the user
	discarded map[string]bool // by the user
	handedIn  map[string]bool // was found with a draft, perhaps after others had left
	again     map[string]bool // the user chose to send it again although it may have been stored
}

// A chair is the tab that sends, or wants to.
type chair struct {
	tab  *tab
	take uint64
}

// A draftKey says whose draft, in which tab.
type draftKey struct {
	user chat.UserID
	tab  string
}

// A tab is one page of the browser, and all that is on its way to and from it.
type tab struct {
	b          *browser
	name       string
	state      *chat.State
	generation uint64
	open       bool
	disk       []chat.Effect // in order
	inbox      []chat.Input
	attempts   []attempt
	timers     []chat.After
	take       uint64 // asked for last
	granted    bool   // that one, as far as the tab has been told
	told       bool   // that storage fails
}

type attempt struct {
	user   chat.UserID // whose token it carries
	effect chat.Effect
}

func newBrowser(t *rapid.T, project chat.Project, numbers bool) *browser {
	b := &browser{
		t: t, chance: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "chance"), 0)), fragile: rapid.Bool().Draw(t, "storage is fragile"),
		now: begin, project: project, numbers: numbers, user: me,
		stored:   map[chat.UserID]map[chat.MessageID]chat.Item{me: {}, other: {}},
		drafts:   map[draftKey][]chat.Item{},
		table:    map[chat.MessageID]chat.Message{},
		promised: map[string]bool{}, failed: map[string]bool{}, discarded: map[string]bool{},
		handedIn: map[string]bool{}, again: map[string]bool{},
	}
	for _, name := range []string{"left", "right"} {
		b.tabs = append(b.tabs, &tab{b: b, name: name})
	}
	for _, p := range b.tabs {
		p.start()
	}
	return b
}

// start runs the tab's program from the beginning, after a crash perhaps.
func (p *tab) start() {
	for _, a := range p.attempts { // what had left is still under way
		p.b.late = append(p.b.late, p.b.row(a)...)
	}
	p.b.leaveChair(p)
	*p = tab{b: p.b, name: p.name, state: &chat.State{}}
	p.signIn()
}

func (p *tab) signIn() {
	p.open = false
	if p.b.user == "" {
		p.apply(chat.SignedOut{})
	} else {
		p.apply(chat.SignedIn{Me: chat.Person{ID: p.b.user}, Project: p.b.project})
	}
}

func (p *tab) connect() {
	if p.b.user == "" {
		return
	}
	p.generation++
	p.open = true
	p.apply(chat.ConnectionChanged{Generation: p.generation, Connection: chat.ConnectionCatchingUp})
	p.apply(chat.Subscribed{Generation: p.generation})
}

func (p *tab) cut() {
	p.open = false
	p.apply(chat.ConnectionChanged{Generation: p.generation, Connection: chat.ConnectionOffline})
}

func (p *tab) apply(in chat.Input) {
	switch in := in.(type) {
	case chat.OutboxTaken:
		p.granted = p.granted || in.Take == p.take
	case chat.OutboxLost:
		p.granted = p.granted && in.Take != p.take
	}
	effects := p.state.Apply(p.b.now, in)
	p.told = p.told || p.state.Snapshot().Storage.Code == chat.ProblemStorageFailing
	for _, e := range effects {
		switch e := e.(type) {
		case chat.Save:
			if e.Item.Problem != (chat.Problem{}) {
				p.b.failed[e.Item.Text] = true
			}
			p.disk = append(p.disk, e)
		case chat.Forget, chat.LoadOutbox:
			p.disk = append(p.disk, e)
		case chat.SaveDraft:
			p.saveDraft(e)
		case chat.LoadDraft:
			p.loadDraft(e)
		case chat.TakeOutbox:
			p.take = e.Take
			p.disk = append(p.disk, e)
		case chat.ReleaseOutbox:
			p.granted = false
			p.disk = append(p.disk, e)
		case chat.Transmit:
			p.mayTransmit(e.Item)
			p.attempts = append(p.attempts, attempt{p.b.user, e})
		case chat.LookUp:
			p.attempts = append(p.attempts, attempt{p.b.user, e})
		case chat.After:
			if e.Delay < time.Minute { // what comes round again and again has nothing to do with the outbox
				p.timers = append(p.timers, e)
			}
		case chat.Load:
			q := e.Query
			q.Limit = len(p.b.table) + 1
			page := selectRows(slices.Collect(maps.Values(p.b.table)), q)
			p.inbox = append(p.inbox, chat.PageLoaded{Load: e.Load, Messages: page, ServerTime: p.b.now})
		}
	}
}

// mayTransmit checks what must be true of an item that leaves.
func (p *tab) mayTransmit(item chat.Item) {
	require.True(p.b.t, strings.HasPrefix(item.Text, string(p.b.user)+" "), "%q is not %s's", item.Text, p.b.user)
	require.True(p.b.t, p.granted || p.b.project.OwnKeys && p.drafted(item.ID), "%q leaves out of turn", item.Text)
	require.True(p.b.t, p.b.promised[item.Text] || p.drafted(item.ID) || p.told, "%q leaves before it is durable", item.Text)
}

// saveDraft is carried out at once, and by another storage than the rest, which does not fail. What that one cannot take
// goes from here, too: its writer is told.
func (p *tab) saveDraft(e chat.SaveDraft) {
	for _, item := range e.Pending {
		if !p.b.fragile {
			p.b.promised[item.Text] = true
		}
	}
	p.b.drafts[draftKey{e.User, p.name}] = e.Pending
}

func (p *tab) loadDraft(e chat.LoadDraft) {
	pending := p.b.drafts[draftKey{e.User, p.name}]
	for _, item := range pending {
		p.b.handedIn[item.Text] = true
	}
	p.inbox = append(p.inbox, chat.DraftLoaded{User: e.User, Pending: pending})
}

// drafted reports whether an item is kept together with the draft.
func (p *tab) drafted(id chat.MessageID) bool {
	return slices.ContainsFunc(p.b.drafts[draftKey{p.b.user, p.name}], func(i chat.Item) bool { return i.ID == id })
}

// write carries out what was to be done next in storage.
func (p *tab) write() {
	b := p.b
	next := p.disk[0]
	p.disk = p.disk[1:]
	problem := chat.Problem{}
	if b.refuses {
		problem.Code = chat.ProblemStorageFailing
		b.refused = true
	}
	switch e := next.(type) {
	case chat.Save:
		saved := chat.ItemSaved{ID: e.Item.ID, Problem: problem, Late: !b.refuses && b.stored[e.User][e.Item.ID] != e.Was}
		if !b.refuses && !saved.Late {
			b.stored[e.User][e.Item.ID] = e.Item
			b.promised[e.Item.Text] = true
			p.tell(chat.OutboxChanged{User: e.User})
		}
		p.inbox = append(p.inbox, saved)
	case chat.Forget:
		item, there := b.stored[e.User][e.ID]
		if !b.refuses && there {
			delete(b.stored[e.User], e.ID)
			p.tell(chat.OutboxChanged{User: e.User})
			for _, m := range b.table {
				if m.Text == item.Text {
					p.tell(chat.Settled{ID: e.ID, Message: m})
				}
			}
		}
	case chat.LoadOutbox:
		loaded := chat.OutboxLoaded{User: e.User, Load: e.Load, Problem: problem}
		if !b.refuses {
			loaded.Items = slices.Collect(maps.Values(b.stored[e.User]))
		}
		p.inbox = append(p.inbox, loaded)
	case chat.TakeOutbox:
		b.waiting = append(b.waiting, chair{p, e.Take})
	case chat.ReleaseOutbox:
		b.leaveChair(p)
	}
}

// tell tells the other tabs.
func (p *tab) tell(in chat.Input) {
	for _, q := range p.b.tabs {
		if q != p {
			q.inbox = append(q.inbox, in)
		}
	}
}

func (b *browser) leaveChair(p *tab) {
	if b.holder.tab == p {
		b.holder = chair{}
	}
	b.waiting = slices.DeleteFunc(b.waiting, func(c chair) bool { return c.tab == p })
}

// seat gives the outbox to a tab that waits for it, if need be at the cost of the one that has it.
func (b *browser) seat(i int) {
	if lost := b.holder; lost.tab != nil {
		lost.tab.inbox = append(lost.tab.inbox, chat.OutboxLost{Take: lost.take})
	}
	b.holder = b.waiting[i]
	b.waiting = slices.Delete(b.waiting, i, i+1)
	b.holder.tab.inbox = append(b.holder.tab.inbox, chat.OutboxTaken{Take: b.holder.take})
}

func (p *tab) deliver(i int) {
	in := p.inbox[i]
	p.inbox = slices.Delete(p.inbox, i, i+1)
	p.apply(in)
}

// row is what an attempt stores, if it is one to store something.
func (b *browser) row(a attempt) []chat.Message {
	send, ok := a.effect.(chat.Transmit)
	if !ok {
		return nil
	}
	m := chat.Message{Author: a.user, Text: send.Item.Text}
	switch {
	case !b.numbers:
		m.ID = send.Item.ID
	case b.project.OwnKeys:
		m.SentAs = send.Item.ID
	}
	return []chat.Message{m}
}

// store carries out a write on the server.
func (b *browser) store(m chat.Message) (chat.Answer, chat.Message) {
	if _, taken := sentAs(b.table, m.Item()); taken && m.Item() != "" {
		return chat.AnswerDisputed, chat.Message{}
	}
	if m.ID == "" {
		b.serial++
		m.ID = chat.MessageID(strconv.Itoa(b.serial))
	}
	m.Created = b.now
	b.table[m.ID] = m
	b.written = append(b.written, m.Text)
	for _, p := range b.tabs {
		if p.open {
			p.inbox = append(p.inbox, chat.RowsChanged{Generation: p.generation, Messages: []chat.Message{m}})
		}
	}
	return chat.AnswerStored, m
}

// attempt lets a send or a look-up reach the server.
func (p *tab) attempt(i int, fate string) {
	b := p.b
	a := p.attempts[i]
	p.attempts = slices.Delete(p.attempts, i, i+1)
	answer := chat.Answered{Answer: chat.AnswerUnclear}
	switch e := a.effect.(type) {
	case chat.LookUp:
		answer.ID, answer.Attempt, answer.Answer = e.ID, e.Attempt, chat.AnswerMissing
		if m, there := sentAs(b.table, e.ID); there {
			answer.Answer, answer.Message = chat.AnswerStored, m
		}
		if fate != "answered" && fate != "answered twice" {
			answer.Answer, answer.Message = chat.AnswerUnsent, chat.Message{}
		}
	case chat.Transmit:
		answer.ID, answer.Attempt = e.Item.ID, e.Attempt
		switch m := b.row(a)[0]; fate {
		case "answered", "answered twice":
			answer.Answer, answer.Message = b.store(m)
		case "stored without an answer":
			b.store(m)
		case "late":
			b.late = append(b.late, m)
		case "lost with a word":
			answer.Problem = chat.Problem{Code: chat.ProblemRefused, Detail: "an error of the server's own"}
		case "not sent":
			answer.Answer = chat.AnswerUnsent
		case "refused":
			answer.Answer, answer.Problem = chat.AnswerRefused, chat.Problem{Code: chat.ProblemRefused}
			b.failed[e.Item.Text] = true
		}
	}
	p.inbox = append(p.inbox, answer)
	if fate == "answered twice" {
		p.inbox = append(p.inbox, answer)
	}
}

func (b *browser) storeLate(i int) {
	m := b.late[i]
	b.late = slices.Delete(b.late, i, i+1)
	b.store(m)
}

func (p *tab) ring(i int) {
	due := p.timers[i].Due
	p.timers = slices.Delete(p.timers, i, i+1)
	p.apply(due)
}
