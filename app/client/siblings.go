package client

import (
	"time"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

// News are what a tab tells the others of the browser. They may come late, doubled, or never: each tab would find out by
// itself. Of a log-in or log-out the Store tells (followStore).
type news struct {
	User    chat.UserID   // whose they are
	Grant   *sharedGrant  // an access token for all tabs
	Outbox  bool          // what is stored of it has changed
	Settled *chat.Settled // the server has an item
}

// A sharedGrant is a directus.Grant without the refresh token, which is never told: it is in the Store.
type sharedGrant struct {
	Access  string
	Expires time.Time
	Mark    string
}

// tell tells the other tabs. Any goroutine may call it.
func (c *Client) tell(n news) {
	c.cfg.Store.Post(encode(n.members()))
}

// tellGrant tells of a new grant.
func (c *Client) tellGrant(user chat.UserID, g directus.Grant) {
	if g.Access == "" {
		return
	}
	c.tell(news{User: user, Grant: &sharedGrant{Access: string(g.Access), Expires: g.Expires, Mark: g.Mark}})
}

func (n news) grant() directus.Grant {
	if n.Grant == nil {
		return directus.Grant{}
	}
	return directus.Grant{Access: directus.Secret(n.Grant.Access), Expires: n.Grant.Expires, Mark: n.Grant.Mark}
}

// tellSettled tells of rows that settle items. Each tab hears of them by its own connection, if that is not dead: the
// item must not vanish there before its row is seen.
func (c *Client) tellSettled(rows []chat.Message) {
	for _, item := range c.state.Outbox() {
		for _, m := range rows {
			if m.Item() == item.ID {
				c.tell(news{User: c.user.home.user, Settled: &chat.Settled{Room: item.Room, ID: item.ID, Message: m}})
			}
		}
	}
}

func readNews(text string) (news, error) {
	var grant sharedGrant
	var settled chat.Settled
	n := news{Grant: &grant, Settled: &settled}
	err := decode(text, n.members())
	if grant.Access == "" {
		n.Grant = nil
	}
	if settled.ID == "" {
		n.Settled = nil
	}
	return n, err
}

// hear takes what another tab tells.
func (c *Client) hear(message string) {
	n, err := readNews(message)
	if err != nil {
		return // of a version to come
	}
	c.mail.put(func() {
		if n.Grant != nil {
			c.offered = n // also for somebody whose log-in is yet to be heard of
		}
		if c.user == nil || c.user.home.user != n.User {
			return
		}
		if n.Grant != nil {
			c.user.link.session.Adopt(n.grant())
		}
		if n.Settled != nil {
			c.tellRow(n.Settled.Message)
			c.apply(*n.Settled)
		}
		if n.Outbox {
			c.outboxChanged()
		}
	})
}
