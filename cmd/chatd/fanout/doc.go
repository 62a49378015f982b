// Package fanout has one subscription to Directus serve many sockets.
//
// Directus reads a changed row once for each subscription, one after the other, with the rights of whoever subscribes:
// with 300 subscribers that is a third of a second of its only processor, for each message. Where many may read the same
// of every row, the reading is the same, too. So a Hub sees to such subscriptions itself (relay.Sharer): it subscribes
// once, as one of the people, and sends all of them what it is told.
//
//	browsers ◀── Hub ◀── feed: one socket, one subscription, the token of one who is there ◀── Directus
//
// Who may read what is Directus's to say. The Hub asks it, for each socket and with its own token, before it shares anything
// with it, and every minute from then on (Rights). It shares only what is plainly the same for all: a subscription to
// whole rows by the names of their fields, where Directus says that somebody may read these fields of every row. All
// else, and all that is in doubt, goes to Directus as before, and so does a subscription of somebody who may no more.
//
// Nothing may be missed without a sign. A feed that breaks ends the sockets that it served: they connect again and
// read what is new, as they do when their own connection breaks. When the person leaves whose token a feed has, or the
// token is about to expire, another feed is there first, and for a moment there are both, so that something may
// come twice: who subscribes to Directus has to bear that anyway.
//
// It must not know what a chat is, and it must not say anybody's token.
package fanout
