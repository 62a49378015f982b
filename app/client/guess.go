package client

import (
	"context"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/directus"
)

// guess asks at once what will be asked where all that is mapped is there, while it is not known yet what the user may do.
// What is not asked after all was asked for nothing, and is refused at worst. An empty path is no question.
func guess(ctx context.Context, ask call, requests ...directus.Request) call {
	guesses := map[string]*awaited{}
	for _, r := range requests {
		if r.Path != "" {
			guesses[nameOf(r)] = ahead(func() (directus.Response, error) { return ask(ctx, r) })
		}
	}
	return func(ctx context.Context, r directus.Request) (directus.Response, error) {
		if guessed := guesses[nameOf(r)]; guessed != nil {
			return guessed.answer()
		}
		return ask(ctx, r)
	}
}

// nameOf is the same for two reads of the same.
func nameOf(r directus.Request) string { return r.Path + "?" + r.Query.Encode() }

// An awaited is a request that is under way.
type awaited struct {
	done chan struct{} // closed when it has ended
	resp directus.Response
	err  error
}

// ahead begins a request.
func ahead(f func() (directus.Response, error)) *awaited {
	a := &awaited{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.resp, a.err = f()
	}()
	return a
}

// answer waits for the end of the request.
func (a *awaited) answer() (directus.Response, error) {
	<-a.done
	return a.resp, a.err
}

// A trial reads some fields of one row, whichever Directus likes, to see whether they can be read.
func trial(collection string, fields ...string) directus.Request {
	query := directus.Query{Fields: fields, Limit: 1}
	return directus.Request{Path: itemsPath(collection), Query: query.Values()}
}

func messagesTrial(m directuschat.Mapping) directus.Request {
	return trial(m.Collection, project{Mapping: m}.fields(chat.DetailWhole)...)
}

func profilesTrial(m directuschat.Mapping) directus.Request {
	if m.Profiles == "" {
		return directus.Request{}
	}
	return trial(m.Profiles, profileFields...)
}

func reactionsTrial(m directuschat.Mapping) directus.Request {
	if m.Reactions == "" {
		return directus.Request{}
	}
	return trial(m.Reactions, reactionFields...)
}
