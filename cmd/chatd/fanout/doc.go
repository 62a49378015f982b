// Package fanout has one subscription to Directus serve many sockets.
//
// Directus reads a changed row once for each subscription, one after the other, with the rights of whoever subscribes:
// with 300 subscribers that is a quarter of a second of its only processor, for each message. Where many may read the
// same, the reading is the same, too. So a Hub sees to such subscriptions itself (relay.Sharer): for each query it has a
// feed, which is one subscription to Directus, and sends all its members what the feed is told.
//
//	browsers ◀── Hub ◀── feed ◀── link: a socket with the token of one of the members ◀── Directus
//
// Who may read what is Directus's to say. The Hub asks it for each socket, with that socket's own token, before it shares
// anything with it, and every minute from then on (check.go, rights.go). It shares only what is plainly the same for all: a
// subscription to whole columns of all rows, where Directus says that somebody may read these columns of every row. All
// else, all that is in doubt, and what there is nobody to share with, goes to Directus as if there were no Hub. What it cannot see is an extension or a Flow that
// changes what is read by who reads it: with such a project nothing must be shared.
//
// Nothing may be missed without a sign. A feed that breaks (trouble.go) ends the sockets that it served: they connect again and read
// what is new, as they do when their own connection breaks. A link is followed by another before its token ends, and when
// the person leaves who lent it; for a while there are both, so that something may come twice, which is what whoever
// subscribes to Directus has to bear anyway. And since Directus says nothing of rows that somebody may not read, a
// link is watched (link.go): when its token may read less, others have been told less, and have to connect again. Only a
// right that is lost and given back within ten seconds passes unseen.
//
// It must not know what a chat is, and it must not say anybody's token.
package fanout
