package client

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"time"

	"github.com/mailru/easyjson/jlexer"

	"directuschat/app/chat"
	"directuschat/app/directus"
	"directuschat/app/uuid"
)

// What is done to messages that are there goes by REST, where every refusal is told. Each request says what is to be, so it
// may be made twice.

// An operation is an item on its way to the server.
type operation struct {
	chat.Item
	project project
	session Session
	me      chat.UserID
	now     time.Time
}

// changeMessage edits or deletes a message and returns its row. The date of a deletion says no more than that there was
// one: where a guard stands before the table, it puts its own in place of it.
func (o operation) changeMessage(ctx context.Context) ([]byte, error) {
	m := o.project.Mapping
	row := row{m.Content: o.Text}
	if o.Op == chat.OpDelete {
		row[m.Deleted] = timestamp(o.now)
	}
	return o.write(ctx, "PATCH", itemsPath(m.Collection)+"/"+url.PathEscape(string(o.Message)), row, o.project.fields(chat.DetailWhole))
}

// The fields of a reaction, as chatd setup makes them.
const (
	reactionID      = "id"
	reactionMessage = "message"
	reactionBy      = "user_created"
	reactionEmoji   = "emoji"
	reactionRemoved = "removed"
	reactionCreated = "date_created"
	reactionUpdated = "date_updated"
)

var reactionFields = []string{
	reactionID, reactionMessage, reactionBy, reactionEmoji, reactionRemoved, reactionCreated, reactionUpdated,
}

// reactionSpace is the name space of the keys of reactions, which no start has to wait for.
var reactionSpace = sync.OnceValue(func() uuid.UUID {
	return uuid.NewV5(uuid.NameSpaceURL, "https://directus.io/chat/reactions")
})

// reactionKey is the same for everything that one person does with one emoji to one message.
func (o operation) reactionKey() string {
	return uuid.NewV5(reactionSpace(), string(o.Message)+"\n"+string(o.me)+"\n"+o.Text).String()
}

// react gives an emoji or takes it back, and returns the rows that say so. The row has a key that can be told beforehand,
// so mostly one request will do. Somebody else may have taken that key: then the user's row has another, and is found
// by what it says.
func (o operation) react(ctx context.Context) ([]chat.Given, error) {
	var row []byte
	var err error
	if o.Off {
		row, err = o.setRemoved(ctx, o.reactionKey())
	} else {
		row, err = o.createReaction(ctx, o.reactionKey())
	}
	if !directus.IsCode(err, directus.CodeRecordNotUnique, directus.CodeForbidden) {
		return written(row), err
	}
	refusal := err
	resp, err := o.session.Call(ctx, o.project.ownReactions(o))
	if err != nil {
		return nil, err
	}
	var given []chat.Given
	own, err := decodeReactions(unwrap(resp.Body))
	if err != nil {
		return nil, errors.Join(directus.ErrAmbiguous, err)
	}
	for _, g := range own {
		if row, err = o.setRemoved(ctx, string(g.ID)); err != nil {
			return nil, err
		}
		given = append(given, written(row)...)
	}
	switch {
	case len(given) > 0, o.Off:
		return given, nil
	case directus.IsCode(refusal, directus.CodeForbidden):
		return nil, refusal
	}
	row, err = o.createReaction(ctx, uuid.NewString())
	return written(row), err
}

// written is the row of an answer. One that cannot be read comes as everybody else's do.
func written(row []byte) []chat.Given {
	given, err := decodeReactions(row)
	if err != nil {
		return nil
	}
	return given
}

func (o operation) createReaction(ctx context.Context, key string) ([]byte, error) {
	row := row{reactionID: key, reactionMessage: string(o.Message), reactionEmoji: o.Text}
	return o.write(ctx, "POST", itemsPath(o.project.Mapping.Reactions), row, reactionFields)
}

func (o operation) setRemoved(ctx context.Context, key string) ([]byte, error) {
	path := itemsPath(o.project.Mapping.Reactions) + "/" + url.PathEscape(key)
	return o.write(ctx, "PATCH", path, row{reactionRemoved: o.Off}, reactionFields)
}

// write makes a request that changes a row, and returns it. Without an answer it is not known whether it was made.
func (o operation) write(ctx context.Context, method, path string, row row, fields []string) ([]byte, error) {
	query := directus.Query{Fields: fields}
	resp, err := o.session.Call(ctx, directus.Request{Method: method, Path: path, Query: query.Values(), Body: row.encode()})
	var refusal *directus.Error
	if err != nil && !errors.As(err, &refusal) {
		return nil, errors.Join(directus.ErrAmbiguous, err)
	}
	return unwrap(resp.Body), err
}

// ownReactions asks for the user's rows of one emoji and message.
func (p project) ownReactions(o operation) directus.Request {
	return p.reactions(all(
		field(reactionMessage, "_eq", quoted(o.Message)), field(reactionBy, "_eq", quoted(o.me)), field(reactionEmoji, "_eq", quoted(o.Text)),
	))
}

// reactionsTo asks for everything that was given to some messages.
func (p project) reactionsTo(ids []chat.MessageID) directus.Request {
	return p.reactions(field(reactionMessage, "_in", list(ids)))
}

func (p project) reactions(which filter) directus.Request {
	query := directus.Query{Fields: reactionFields, Filter: string(which), Limit: -1}
	return directus.Request{Path: itemsPath(p.Mapping.Reactions), Query: query.Values()}
}

// decodeReactions reads an array of reactions, or one alone.
func decodeReactions(data []byte) ([]chat.Given, error) {
	l := jlexer.Lexer{Data: data}
	var given []chat.Given
	read := func() {
		if g := readReaction(&l); g.ID != "" {
			given = append(given, g)
		}
	}
	if l.IsDelim('[') {
		directus.ReadArray(&l, read)
	} else {
		read()
	}
	l.Consumed()
	return given, l.Error()
}

func readReaction(l *jlexer.Lexer) chat.Given {
	var g chat.Given
	directus.ReadObject(l, func(key string) {
		switch key {
		case reactionID:
			g.ID = chat.GivenID(directus.ReadText(l))
		case reactionMessage:
			g.Message = chat.MessageID(readKey(l))
		case reactionBy:
			g.By, _ = readAuthor(l)
		case reactionEmoji:
			g.Emoji = displayName(directus.ReadText(l))
		case reactionRemoved:
			g.Off = isSet(directus.ReadText(l))
		case reactionCreated, reactionUpdated:
			if t := directus.ReadTime(l); t.After(g.Changed) {
				g.Changed = t
			}
		default:
			l.SkipRecursive()
		}
	})
	return g
}

func (c *Client) loadReactions(e chat.LoadReactions) {
	c.ask(c.user.record.Project.reactionsTo(e.Messages), func(resp directus.Response, err error) chat.Event {
		loaded := chat.ReactionsLoaded{Room: e.Room, Load: e.Load}
		if err == nil {
			loaded.Reactions, err = decodeReactions(unwrap(resp.Body))
		}
		loaded.Failed = err != nil
		return loaded
	})
}

func (c *Client) loadOriginals(e chat.LoadOriginals) {
	p := c.user.record.Project
	query := directus.Query{
		Fields: p.fields(chat.DetailWhole), Filter: string(field(p.Mapping.ID, "_in", list(e.Messages))), Limit: len(e.Messages),
	}
	r := directus.Request{Path: itemsPath(p.Mapping.Collection), Query: query.Values()}
	c.ask(r, func(resp directus.Response, err error) chat.Event {
		loaded := chat.OriginalsLoaded{Room: e.Room, Load: e.Load}
		if err == nil {
			loaded.Messages, _, err = decodeRows(unwrap(resp.Body), p.Mapping)
		}
		loaded.Failed = err != nil
		return loaded
	})
}
