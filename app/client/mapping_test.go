package client

import (
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/directus"
)

var full = project{Mapping: directuschat.DefaultMapping, OwnKeys: true, CanWrite: true, Names: namesProfiles}

// Ensure each query of the domain becomes the one of Directus that means the same.
func TestRequests(t *testing.T) {
	undated := full
	undated.Mapping.Updated = ""
	const whole = "id,date_created,user_created,date_updated,deleted_at,reply_to,content"
	tests := map[string]struct {
		project project
		query   chat.Query
		want    map[string]string
	}{
		"newest": {full, chat.Query{Newest: true, Limit: 100}, map[string]string{
			"fields": whole, "sort": "-date_created,-id", "limit": "100"}},
		"older": {full, chat.Query{Newest: true, Limit: 50, To: created, Except: []chat.MessageID{"a", "b"}}, map[string]string{
			"fields": whole, "sort": "-date_created,-id", "limit": "50",
			"filter": `{"_and":[{"date_created":{"_lt":"2026-11-22T03:58:07.473Z"}},{"id":{"_nin":["a","b"]}}]}`}},
		"changes": {full, chat.Query{Limit: 100, ChangedSince: created}, map[string]string{
			"fields": whole, "sort": "date_created,id", "limit": "100",
			"filter": `{"_and":[{"_or":[{"date_created":{"_gte":"2026-11-22T03:58:07.472Z"}},{"date_updated":{"_gte":"2026-11-22T03:58:07.472Z"}}]}]}`}},
		"changes, no dates": {undated, chat.Query{Limit: 100, ChangedSince: created}, map[string]string{
			"fields": "id,date_created,user_created,deleted_at,reply_to,content", "sort": "date_created,id", "limit": "100",
			"filter": `{"_and":[{"date_created":{"_gte":"2026-11-22T03:58:07.472Z"}}]}`}},
		"keys of a window": {full, chat.Query{Limit: 300, From: created, To: created.Add(time.Second), Skip: 120, Detail: chat.DetailKeyAndDate}, map[string]string{
			"fields": "id,date_created", "sort": "date_created,id", "limit": "300", "offset": "120",
			"filter": `{"_and":[{"date_created":{"_gte":"2026-11-22T03:58:07.472Z"}},{"date_created":{"_lt":"2026-11-22T03:58:08.473Z"}}]}`}},
		"one": {full, chat.Query{Limit: 1, ID: "a"}, map[string]string{
			"fields": whole, "sort": "date_created,id", "limit": "1", "filter": `{"_and":[{"id":{"_eq":"a"}}]}`}},
		"found": {full, chat.Query{Newest: true, Limit: 20, Containing: `"%`}, map[string]string{
			"fields": whole, "sort": "-date_created,-id", "limit": "20",
			"filter": `{"_and":[{"content":{"_icontains":"\"%"}},{"deleted_at":{"_null":true}}]}`}},
		"without the text": {full, chat.Query{Limit: 1, Detail: chat.DetailWithout}, map[string]string{
			"fields": "id,date_created,user_created,date_updated,deleted_at,reply_to", "sort": "date_created,id", "limit": "1"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := test.project.request(test.query)
			assert.Equal(t, "items/messages", r.Path)
			got := map[string]string{}
			for name := range r.Query {
				got[name] = r.Query.Get(name)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

// Ensure a subscription asks for flat fields only, and names one to sort by: each subscriber costs a read for every event.
func TestSubscriptions(t *testing.T) {
	sort := []string{"id"}
	assert.Equal(t, []directus.Subscription{
		{UID: "messages", Collection: "messages", Query: directus.Query{
			Fields: []string{"id", "date_created", "user_created", "date_updated", "deleted_at", "reply_to", "content"}, Sort: sort}},
		{UID: "people", Collection: "chat_profiles", Query: directus.Query{Fields: []string{"id", "name"}, Sort: sort}},
		{UID: "reactions", Collection: "message_reactions", Query: directus.Query{
			Fields: []string{"id", "message", "user_created", "emoji", "removed", "date_created", "date_updated"}, Sort: sort}},
	}, full.subscriptions())

	byRow := full
	byRow.Names, byRow.NameFields = namesByRow, []string{"first_name"}
	byRow.Mapping.Reactions = ""
	assert.Len(t, byRow.subscriptions(), 1)
}

// Ensure that a look for any author names no keys: Directus refuses an empty list of them.
func TestAuthors(t *testing.T) {
	byRow := full
	byRow.Names, byRow.NameFields = namesByRow, []string{"first_name", "last_name"}
	assert.Equal(t, url.Values{"fields": {"id,user_created.first_name,user_created.last_name"}}, byRow.authors(nil).Query)
	assert.Equal(t, `{"id":{"_in":["a","b"]}}`, byRow.authors([]chat.MessageID{"a", "b"}).Query.Get("filter"))
}

// Ensure a server's other words around the data do no harm.
func TestUnwrap(t *testing.T) {
	assert.Equal(t, `[1]`, string(unwrap([]byte(`{"meta":{"data":2},"data":[1],"x":[]}`))))
	for _, none := range []string{``, `{}`, `[]`, `{"meta":{"data":2}}`, `<html>`} {
		assert.Empty(t, unwrap([]byte(none)))
	}
}

// Ensure a create carries what the tightest permission allows, and no key where keys are the server's.
func TestPayload(t *testing.T) {
	item := chat.Item{ID: "k", Text: "<b>\"\u2028"}
	assert.Equal(t, row{"id": "k", "content": "<b>\"\u2028"}, full.payload(item))

	answer := item
	answer.ReplyTo = "m"
	assert.Equal(t, "m", full.payload(answer)["reply_to"])

	servers := full
	servers.OwnKeys, servers.Mapping.Content = false, "text"
	assert.Equal(t, row{"text": "<b>\"\u2028"}, servers.payload(item))

	servers.OwnKeys, servers.Mapping.ClientID = true, "client_id"
	assert.Equal(t, row{"text": "<b>\"\u2028", "client_id": "k"}, servers.payload(item))
}

// Ensure that a message is looked up by its key, and what was sent by the key that it was sent with.
func TestLookUps(t *testing.T) {
	beside := full
	beside.Mapping.ClientID = "client_id"
	send, edit := chat.LookUp{ID: "k", Message: "k"}, chat.LookUp{ID: "k", Message: "17"}
	for want, r := range map[string]directus.Request{
		`{"id":{"_eq":"k"}}`:        full.lookUp(send),
		`{"client_id":{"_eq":"k"}}`: beside.lookUp(send),
		`{"id":{"_eq":"17"}}`:       beside.lookUp(edit),
	} {
		assert.Equal(t, want, r.Query.Get("filter"))
	}
}

func refusal(status int, code string) error {
	return fmt.Errorf("POST items/messages: %w", &directus.Error{Status: status, Code: code, Message: "words"})
}

// Ensure that every end of a create is told apart by what it says about the row.
func TestAnswers(t *testing.T) {
	words := chat.Problem{Code: chat.ProblemRefused, Detail: "words"}
	tests := map[string]struct {
		err    error
		answer chat.Answer
		words  chat.Problem
	}{
		"stored":             {nil, chat.AnswerStored, chat.Problem{}},
		"no answer":          {directus.ErrAmbiguous, chat.AnswerUnclear, chat.Problem{}},
		"failing":            {fmt.Errorf("%w: %w", directus.ErrAmbiguous, refusal(500, "INTERNAL_SERVER_ERROR")), chat.AnswerUnclear, words},
		"failing, by socket": {refusal(0, "SERVICE_UNAVAILABLE"), chat.AnswerUnclear, words},
		"failing, plainly":   {refusal(502, ""), chat.AnswerUnclear, words},
		"not connected":      {errors.New("nothing was sent"), chat.AnswerUnsent, chat.Problem{}},
		"no session":         {directus.ErrSessionEnded, chat.AnswerUnsent, chat.Problem{}},
		"throttled":          {refusal(429, ""), chat.AnswerUnsent, chat.Problem{}},
		"throttled socket":   {refusal(0, "REQUESTS_EXCEEDED"), chat.AnswerUnsent, chat.Problem{}},
		"token expired":      {refusal(401, "TOKEN_EXPIRED"), chat.AnswerUnsent, chat.Problem{}},
		"there already":      {refusal(400, "RECORD_NOT_UNIQUE"), chat.AnswerDisputed, words},
		"forbidden":          {refusal(403, "FORBIDDEN"), chat.AnswerDisputed, words},
		"refused":            {refusal(400, "FAILED_VALIDATION"), chat.AnswerRefused, words},
		"refused, socket":    {refusal(0, "INVALID_PAYLOAD"), chat.AnswerRefused, words},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, problem := answer(test.err)
			assert.Equal(t, test.answer, got)
			assert.Equal(t, test.words, problem)
		})
	}
}

// Ensure that a page that chatd does not know is not told that somebody may not read: nobody is logged in yet.
func TestLogInFromAnUnknownAddress(t *testing.T) {
	assert.Equal(t, chat.Problem{Code: chat.ProblemServerFailing, Detail: "words"}, logInProblem(refusal(403, "FORBIDDEN"), false))
}

// Ensure that what passes by itself is not told as a problem, and the rest by its own name.
func TestLoadFailures(t *testing.T) {
	tests := map[string]struct {
		err  error
		want chat.LoadFailed
	}{
		"no network":    {directus.ErrUnreachable, chat.LoadFailed{}},
		"failing":       {refusal(503, ""), chat.LoadFailed{}},
		"throttled":     {refusal(429, ""), chat.LoadFailed{}},
		"token expired": {refusal(401, "TOKEN_EXPIRED"), chat.LoadFailed{}},
		"too large":     {directus.ErrTooLarge, chat.LoadFailed{TooLarge: true}},
		"forbidden":     {refusal(403, "FORBIDDEN"), chat.LoadFailed{Problem: chat.Problem{Code: chat.ProblemReadForbidden, Detail: "words"}}},
		"bad query":     {refusal(400, "INVALID_QUERY"), chat.LoadFailed{TooLarge: true, Problem: chat.Problem{Code: chat.ProblemServerFailing, Detail: "words"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.want.Load = 7
			assert.Equal(t, test.want, loadFailed(chat.Load{Load: 7}, test.err))
		})
	}
}
