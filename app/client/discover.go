package client

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/directus"
)

// A call makes a request as the user.
type call func(context.Context, directus.Request) (directus.Response, error)

// A foundProblem is what is wrong with the project, as far as this user is concerned.
type foundProblem struct{ problem chat.Problem }

func (e *foundProblem) Error() string {
	return strings.TrimSpace(string(e.problem.Code) + " " + e.problem.Detail)
}

// discover finds out who the user is, which of the mapped collections and fields are there for them, whose keys messages
// have, and where names come from, in one round trip where all that is mapped is there (in more where fields are missing,
// keys are numbers, or the room is empty). It fails with a *foundProblem where the room cannot be entered, and with the
// request's own error where nothing was found out.
//
// What a permission says is believed as far as it goes; on an unlicensed Directus 12 it goes no further than "all
// fields", whatever these are, so it takes a read to know whether a field is there.
func discover(ctx context.Context, ask call, mapping directuschat.Mapping) (me chat.Person, p project, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // of guesses that nobody wants to know
	ask = guess(ctx, ask, messagesTrial(mapping), profilesTrial(mapping), reactionsTrial(mapping))
	var rights permissions
	err = concurrently(
		func() (err error) { me, err = readMe(ctx, ask); return err },
		func() (err error) { rights, err = readPermissions(ctx, ask); return err },
	)
	switch {
	case err != nil:
		return me, p, err
	case rights.known && !rights.may("read", mapping.Collection):
		return me, p, unreadable(rights, mapping)
	}

	mapping = namedIn(rights, mapping)
	clientID := directuschat.ClientIDField
	if !rights.may("read", mapping.Collection, clientID) || !rights.may("create", mapping.Collection, clientID) {
		clientID = ""
	}
	var reactions string
	err = concurrently(
		func() (err error) { p.Mapping, p.OwnKeys, err = findMessages(ctx, ask, mapping, clientID); return err },
		func() error { p.Names, p.NameFields = findNames(ctx, ask, mapping, rights); return nil },
		func() error { reactions = findReactions(ctx, ask, mapping, rights); return nil },
	)
	p.Mapping.Reactions = reactions
	p.CanWrite = rights.may("create", mapping.Collection, mapping.Content)
	p.OwnKeys = p.OwnKeys && rights.may("create", mapping.Collection, p.keyField())
	p.findChanges(rights)
	if p.Mapping.Author == "" && p.Names == namesByRow {
		p.Names, p.NameFields = namesNowhere, nil
	}
	return me, p, err
}

// readMe reads who the user is. Whatever the permissions, Directus tells at least the id.
func readMe(ctx context.Context, ask call) (chat.Person, error) {
	resp, err := ask(ctx, whoAmI())
	if err != nil {
		return chat.Person{}, err
	}
	return decodeMe(resp)
}

func whoAmI() directus.Request {
	query := directus.Query{Fields: []string{"id", "first_name", "last_name"}}
	return directus.Request{Path: "users/me", Query: query.Values()}
}

func decodeMe(resp directus.Response) (chat.Person, error) {
	people, err := decodePeople(unwrap(resp.Body))
	if err != nil || len(people) != 1 {
		return chat.Person{}, directus.ErrNotDirectus
	}
	return people[0], nil
}

// unreadable tells a collection that is not there from one that may not be read. Directus says the same of both, on
// purpose. But an administrator may read all that is there, and who may read the chat's profiles is a user of the chat.
func unreadable(rights permissions, mapping directuschat.Mapping) error {
	problem := chat.Problem{Code: chat.ProblemReadForbidden}
	if !rights.name(mapping.Collection) && (rights.admin() || rights.may("read", mapping.Profiles)) {
		problem.Code = chat.ProblemCollectionMissing
	}
	return &foundProblem{problem}
}

// namedIn is a mapping without the optional fields that the permission does not name.
func namedIn(rights permissions, m directuschat.Mapping) directuschat.Mapping {
	for _, name := range optional(&m) {
		if !rights.may("read", m.Collection, *name) {
			*name = ""
		}
	}
	return m
}

// optional are the fields that a chat can do without.
func optional(m *directuschat.Mapping) []*string {
	return []*string{&m.Author, &m.Updated, &m.Deleted, &m.ReplyTo}
}

// findMessages is a mapping without the optional fields that cannot be read, and whether messages take a key of ours: as
// theirs or, where that is the database's, in another field, if they have it.
func findMessages(ctx context.Context, ask call, m directuschat.Mapping, clientID string) (readable directuschat.Mapping, own bool, err error) {
	key, err := tryFields(ctx, ask, m, project{Mapping: m}.fields(chat.DetailWhole)...)
	if directus.IsCode(err, directus.CodeForbidden) {
		m, err = findFields(ctx, ask, m)
	}
	if err != nil || !isNumber(key) {
		return m, true, err
	}
	own, err = takesKeys(ctx, ask, m.Collection, m.ID)
	if err != nil || own || clientID == "" {
		return m, own, err
	}
	own, err = takesKeys(ctx, ask, m.Collection, clientID)
	switch {
	case directus.IsCode(err, directus.CodeForbidden):
		return m, false, nil
	case own:
		m.ClientID = clientID
	}
	return m, own, err
}

// tryFields reads some fields of a message, of whichever Directus likes, and returns its key, "" if there is none. One that
// is too large was not refused.
func tryFields(ctx context.Context, ask call, m directuschat.Mapping, fields ...string) (chat.MessageID, error) {
	resp, err := ask(ctx, trial(m.Collection, fields...))
	if err != nil && !errors.Is(err, directus.ErrTooLarge) {
		return "", err
	}
	return firstKey(unwrap(resp.Body), m), nil
}

// isNumber reports whether a key may be a number: as a text, too, which some databases make of large ones.
func isNumber(id chat.MessageID) bool {
	return strings.Trim(string(id), "-0123456789") == ""
}

// findFields is a mapping without the optional fields that cannot be read, where not all of them can.
func findFields(ctx context.Context, ask call, m directuschat.Mapping) (directuschat.Mapping, error) {
	fields := project{Mapping: m}.fields(chat.DetailWhole)
	// Directus names at most one of what it refuses: try them one by one.
	refusals := make([]error, len(fields))
	tries := make([]func() error, len(fields))
	for i, name := range fields {
		tries[i] = func() error {
			_, err := tryFields(ctx, ask, m, name)
			if directus.IsCode(err, directus.CodeForbidden) {
				refusals[i], err = err, nil
			}
			return err
		}
	}
	if err := concurrently(tries...); err != nil {
		return m, err
	}
	refused := func(name string) error { return refusals[slices.Index(fields, name)] }
	switch {
	case refused(m.ID) != nil: // the permission is there, the collection is not
		return m, &foundProblem{chat.Problem{Code: chat.ProblemCollectionMissing, Detail: requestProblem(refused(m.ID)).Detail}}
	case refused(m.Content) != nil || refused(m.Created) != nil:
		return m, cmp.Or(refused(m.Content), refused(m.Created))
	}
	for _, name := range optional(&m) {
		if *name != "" && refused(*name) != nil {
			*name = ""
		}
	}
	return m, nil
}

// takesKeys finds out whether a field takes a key of ours, where that does not show in a message: a uuid does, or a text.
// These are also what Directus does not compare.
func takesKeys(ctx context.Context, ask call, collection, name string) (own bool, err error) {
	query := directus.Query{Fields: []string{name}, Filter: string(field(name, "_gt", "0")), Limit: 1}
	_, err = ask(ctx, directus.Request{Path: itemsPath(collection), Query: query.Values()})
	switch {
	case directus.IsCode(err, directus.CodeInvalidQuery):
		return true, nil
	default:
		return false, err
	}
}

// findNames chooses where names come from: the best source that can be read.
func findNames(ctx context.Context, ask call, m directuschat.Mapping, rights permissions) (names, []string) {
	var nameFields []string
	for _, name := range []string{"first_name", "last_name"} {
		if rights.known && rights.may("read", "directus_users", name) {
			nameFields = append(nameFields, name)
		}
	}
	for _, source := range []struct {
		names    names
		possible bool
	}{
		{namesProfiles, m.Profiles != "" && rights.may("read", m.Profiles, profileFields...)},
		{namesUsers, len(nameFields) > 0 && rights.may("read", "directus_users", "id")},
		{namesByRow, len(nameFields) > 0 && m.Author != ""},
	} {
		if !source.possible {
			continue
		}
		p := project{Mapping: m, Names: source.names, NameFields: nameFields}
		r := p.people()
		if source.names == namesByRow {
			r = p.authors(nil)
		}
		r.Query.Set("limit", "1")
		if _, err := ask(ctx, r); err == nil {
			return source.names, nameFields
		}
	}
	return namesNowhere, nil
}

// findReactions is the collection of reactions, "" if there is none that can be read.
func findReactions(ctx context.Context, ask call, m directuschat.Mapping, rights permissions) string {
	if m.Reactions == "" || !rights.may("read", m.Reactions, reactionFields...) {
		return ""
	}
	if _, err := ask(ctx, reactionsTrial(m)); err != nil {
		return ""
	}
	return m.Reactions
}

// findChanges notes what can be done to messages that are there. Where no date tells of a change, others would not hear
// of it after a gap, so none is made.
func (p *project) findChanges(rights permissions) {
	m := p.Mapping
	p.CanReply = m.ReplyTo != "" && rights.may("create", m.Collection, m.ReplyTo)
	p.CanEdit = m.Updated != "" && m.Author != "" && rights.may("update", m.Collection, m.Content)
	p.CanDelete = p.CanEdit && m.Deleted != "" && rights.may("update", m.Collection, m.Deleted)
	p.CanReact = m.Reactions != "" && rights.may("create", m.Reactions, reactionMessage, reactionEmoji)
	p.Moderates = rights.known && rights.may(moderatorAction, m.Collection)
}

// moderatorAction is the right by which moderators are known: provision.ModeratorAction, which says why.
const moderatorAction = "share"

// concurrently runs functions at the same time and returns the first error in their order.
func concurrently(fs ...func() error) error {
	errs := make([]error, len(fs))
	var running sync.WaitGroup
	for i, f := range fs {
		running.Go(func() { errs[i] = f() })
	}
	running.Wait()
	return cmp.Or(errs...)
}
