package client

import (
	"cmp"
	"errors"
	"net/url"
	"time"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/directus"
)

// This file is the border: what chat calls a query, a problem or an answer on one side, what Directus calls a filter, an
// error or a state on the other. Where a row ends and a message begins is in row.go.

// A project is what was found out about a Directus project and a user's rights in it. It is stored along with the
// session, so that a reload can begin where the last visit ended.
type project struct {
	Mapping  directuschat.Mapping // without the fields that are not there for this user
	OwnKeys  bool                 // as ID or, where ClientID is there, as that
	CanWrite bool
	// What can be done to messages that are there.
	CanReply  bool
	CanEdit   bool
	CanDelete bool
	CanReact  bool
	Moderates bool

	Names names
	// NameFields are those of directus_users that may be read, of first_name and last_name.
	NameFields []string
}

// names says where people's names come from.
type names string

const (
	namesNowhere  names = ""
	namesProfiles names = "profiles" // a collection of the chat, kept live by a subscription
	namesUsers    names = "users"    // the list of users
	namesByRow    names = "row"      // only along with a message somebody wrote: the tutorials' permissions
)

func (p project) domain() chat.Project {
	found := chat.Project{
		CanWrite: p.CanWrite, OwnKeys: p.OwnKeys, Dated: p.Mapping.Updated != "",
		CanReply: p.CanReply, CanEdit: p.CanEdit, CanDelete: p.CanDelete, Moderates: p.Moderates,
		Reactions: p.Mapping.Reactions != "", CanReact: p.CanReact,
	}
	switch p.Names {
	case namesProfiles, namesUsers:
		found.Directory = chat.DirectoryListed
	case namesByRow:
		found.Directory = chat.DirectoryByRow
	}
	if !p.CanWrite {
		found.Problem = chat.Problem{Code: chat.ProblemWriteForbidden}
	}
	return found
}

// The subscriptions' uids.
const (
	messagesUID  = "messages"
	peopleUID    = "people"
	reactionsUID = "reactions"
)

// Subscriptions are those of a page in a project as chatd setup makes it. Others may want to know them when they see them.
func Subscriptions() []directus.Subscription {
	return project{Mapping: directuschat.DefaultMapping, Names: namesProfiles}.subscriptions()
}

// subscriptions are one for each collection in use. Directus runs one read per subscriber and event, so their fields are
// flat, names come from the directory, and a field to sort by is named: see directus.Subscription.
func (p project) subscriptions() []directus.Subscription {
	subs := []directus.Subscription{{
		UID: messagesUID, Collection: p.Mapping.Collection,
		Query: directus.Query{Fields: p.fields(chat.DetailWhole), Sort: []string{p.Mapping.ID}},
	}}
	if p.Names == namesProfiles {
		subs = append(subs, directus.Subscription{
			UID: peopleUID, Collection: p.Mapping.Profiles,
			Query: directus.Query{Fields: profileFields, Sort: []string{"id"}},
		})
	}
	if p.Mapping.Reactions != "" {
		subs = append(subs, directus.Subscription{
			UID: reactionsUID, Collection: p.Mapping.Reactions,
			Query: directus.Query{Fields: reactionFields, Sort: []string{"id"}},
		})
	}
	return subs
}

// profileFields are those of the collection of profiles, as chatd setup makes it.
var profileFields = []string{"id", "name"}

func (p project) fields(detail chat.Detail) []string {
	m := p.Mapping
	if detail == chat.DetailKeyAndDate {
		return []string{m.ID, m.Created}
	}
	fields := []string{m.ID, m.Created}
	for _, optional := range []string{m.Author, m.Updated, m.Deleted, m.ReplyTo, m.ClientID} {
		if optional != "" {
			fields = append(fields, optional)
		}
	}
	if detail == chat.DetailWhole {
		fields = append(fields, m.Content)
	}
	return fields
}

func itemsPath(collection string) string { return "items/" + url.PathEscape(collection) }

// timestamp is a time as Directus compares it; milliseconds are as fine as its own stamps are.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// request is a query for messages.
func (p project) request(q chat.Query) directus.Request {
	m := p.Mapping
	var conditions []filter
	if !q.ChangedSince.IsZero() {
		since := quoted(timestamp(q.ChangedSince))
		created := field(m.Created, "_gte", since)
		if m.Updated != "" {
			created = either(created, field(m.Updated, "_gte", since))
		}
		conditions = append(conditions, created)
	}
	if !q.From.IsZero() {
		conditions = append(conditions, field(m.Created, "_gte", quoted(timestamp(q.From))))
	}
	if !q.To.IsZero() {
		// To was read in milliseconds; the date in the database may be a little later.
		conditions = append(conditions, field(m.Created, "_lt", quoted(timestamp(q.To.Add(time.Millisecond)))))
	}
	if q.ID != "" {
		conditions = append(conditions, field(m.ID, "_eq", quoted(q.ID)))
	}
	if q.Containing != "" {
		conditions = append(conditions, field(m.Content, "_icontains", quoted(q.Containing)))
		if m.Deleted != "" {
			conditions = append(conditions, field(m.Deleted, "_null", "true"))
		}
	}
	if len(q.Except) > 0 {
		conditions = append(conditions, field(m.ID, "_nin", list(q.Except)))
	}
	query := directus.Query{
		Fields: p.fields(q.Detail),
		Sort:   []string{m.Created, m.ID},
		Limit:  q.Limit,
		Offset: q.Skip,
	}
	if q.Newest {
		query.Sort = []string{"-" + m.Created, "-" + m.ID}
	}
	if len(conditions) > 0 {
		query.Filter = string(all(conditions...))
	}
	return directus.Request{Path: itemsPath(m.Collection), Query: query.Values()}
}

// keyField holds the key that a message is sent with.
func (p project) keyField() string { return cmp.Or(p.Mapping.ClientID, p.Mapping.ID) }

// lookUp asks for one message by its key, or by what it was sent as. A path with the key would answer "forbidden" for one
// that is not there.
func (p project) lookUp(e chat.LookUp) directus.Request {
	key := p.Mapping.ID
	if e.Message == e.ID {
		key = p.keyField()
	}
	query := directus.Query{Fields: p.fields(chat.DetailWhole), Filter: string(field(key, "_eq", quoted(e.Message))), Limit: 1}
	return directus.Request{Path: itemsPath(p.Mapping.Collection), Query: query.Values()}
}

// people asks for the whole directory.
func (p project) people() directus.Request {
	if p.Names == namesProfiles {
		query := directus.Query{Fields: profileFields, Limit: -1}
		return directus.Request{Path: itemsPath(p.Mapping.Profiles), Query: query.Values()}
	}
	query := directus.Query{Fields: append([]string{"id"}, p.NameFields...), Limit: -1}
	return directus.Request{Path: "users", Query: query.Values()}
}

// authors asks for messages, or any, with the names of who wrote them.
func (p project) authors(ids []chat.MessageID) directus.Request {
	fields := []string{p.Mapping.ID}
	for _, name := range p.NameFields {
		fields = append(fields, p.Mapping.Author+"."+name)
	}
	query := directus.Query{Fields: fields, Limit: len(ids)}
	if len(ids) > 0 {
		query.Filter = string(field(p.Mapping.ID, "_in", list(ids)))
	}
	return directus.Request{Path: itemsPath(p.Mapping.Collection), Query: query.Values()}
}

// payload is what a create carries: exactly what a create may contain under the tightest permission, nothing stamped.
func (p project) payload(item chat.Item) row {
	row := row{p.Mapping.Content: item.Text}
	if p.OwnKeys {
		row[p.keyField()] = string(item.ID)
	}
	if item.ReplyTo != "" && p.Mapping.ReplyTo != "" {
		row[p.Mapping.ReplyTo] = string(item.ReplyTo)
	}
	return row
}

// unwrap returns the data of a REST answer, nil if there is none.
func unwrap(body []byte) []byte {
	data, _ := directus.Data(body)
	return data
}

// connection is how a session's state reads to the user.
func connection(s directus.State) chat.Connection {
	switch s {
	case directus.Ready:
		return chat.ConnectionCatchingUp
	case directus.Waiting:
		return chat.ConnectionWaiting
	case directus.Offline:
		return chat.ConnectionOffline
	default:
		return chat.ConnectionConnecting
	}
}

// gapReason is how changes came to be missed.
func gapReason(r directus.GapReason) chat.GapReason {
	switch r {
	case directus.GapTokenExpired:
		return chat.GapTokenExpired
	case directus.GapSubscriptionError:
		return chat.GapSubscription
	case directus.GapOverflow:
		return chat.GapOverflow
	case directus.GapTooLarge:
		return chat.GapTooLarge
	case directus.GapClockJump:
		return chat.GapClockJump
	default:
		return chat.GapConnection
	}
}

// connectionProblem is what of a failed attempt the user must be told; that there is no network the status says.
func connectionProblem(err error) chat.Problem {
	switch {
	case errors.Is(err, directus.ErrRealtimeDisabled):
		return chat.Problem{Code: chat.ProblemRealtimeDisabled}
	case errors.Is(err, directus.ErrNotDirectus):
		return chat.Problem{Code: chat.ProblemNotDirectus}
	default:
		return chat.Problem{}
	}
}

// logInProblem is why a log-in failed. Directus answers a missing and a wrong one-time code alike.
func logInProblem(err error, withCode bool) chat.Problem {
	switch {
	case directus.IsCode(err, directus.CodeInvalidCredentials):
		return chat.Problem{Code: chat.ProblemWrongPassword}
	case directus.IsCode(err, directus.CodeInvalidOTP) && withCode:
		return chat.Problem{Code: chat.ProblemCodeWrong}
	case directus.IsCode(err, directus.CodeInvalidOTP):
		return chat.Problem{Code: chat.ProblemCodeNeeded}
	case directus.IsCode(err, directus.CodeUserSuspended):
		return chat.Problem{Code: chat.ProblemSuspended}
	case directus.IsCode(err, directus.CodeLoginsExceeded):
		return chat.Problem{Code: chat.ProblemAccountGuarded}
	case directus.IsCode(err, directus.CodeInvalidPayload, directus.CodeFailedValidation):
		return chat.Problem{Code: chat.ProblemEmailInvalid}
	case directus.IsCode(err, directus.CodeForbidden): // not Directus's word: chatd does not know this page's address
		var refusal *directus.Error
		errors.As(err, &refusal)
		return chat.Problem{Code: chat.ProblemServerFailing, Detail: refusal.Message}
	default:
		return requestProblem(err)
	}
}

// requestProblem is why a request failed that should not.
func requestProblem(err error) chat.Problem {
	var found *foundProblem
	var refusal *directus.Error
	switch {
	case errors.As(err, &found):
		return found.problem
	case errors.Is(err, directus.ErrNotDirectus):
		return chat.Problem{Code: chat.ProblemNotDirectus}
	case !errors.As(err, &refusal):
		return chat.Problem{Code: chat.ProblemUnreachable}
	case refusal.Status == 404:
		return chat.Problem{Code: chat.ProblemNotDirectus}
	case throttled(refusal):
		return chat.Problem{Code: chat.ProblemTooManyAttempts}
	case refusal.Status == 403:
		return chat.Problem{Code: chat.ProblemReadForbidden, Detail: refusal.Message}
	default:
		return chat.Problem{Code: chat.ProblemServerFailing, Detail: refusal.Message}
	}
}

func throttled(e *directus.Error) bool {
	return e.Status == 429 || e.Code == directus.CodeRequestsExceeded
}

// answer is what the end of a create says about the row.
func answer(err error) (chat.Answer, chat.Problem) {
	var refusal *directus.Error
	refused := errors.As(err, &refusal)
	words := chat.Problem{}
	if refused {
		words = chat.Problem{Code: chat.ProblemRefused, Detail: refusal.Message}
	}
	switch {
	case err == nil:
		return chat.AnswerStored, chat.Problem{}
	case errors.Is(err, directus.ErrAmbiguous):
		return chat.AnswerUnclear, words
	case !refused, throttled(refusal), refusal.Status == 401:
		return chat.AnswerUnsent, chat.Problem{}
	case directus.IsCode(err, directus.CodeRecordNotUnique, directus.CodeForbidden):
		return chat.AnswerDisputed, words
	case refusal.Status >= 500, directus.IsCode(err, directus.CodeInternal, directus.CodeUnavailable): // a socket names no status
		return chat.AnswerUnclear, words
	default:
		return chat.AnswerRefused, words
	}
}
