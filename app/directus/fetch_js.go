package directus

import (
	"context"
	"errors"
	"syscall/js"
	"time"
)

// NewTransport returns the platform's Transport: here the browser's fetch. It sends no cookies (a Studio's session cookie
// on the same host would be a second identity), follows no redirects and is answered from no cache.
func NewTransport() Transport { return fetchTransport{} }

type fetchTransport struct{}

func (fetchTransport) Do(ctx context.Context, url string, r Request) (Response, error) {
	abort := js.Global().Get("AbortController").New()
	defer context.AfterFunc(ctx, func() { abort.Call("abort") })()

	headers := map[string]any{}
	if r.Token != "" {
		headers["Authorization"] = "Bearer " + string(r.Token)
	}
	options := map[string]any{
		"method":      r.Method,
		"headers":     headers,
		"signal":      abort.Get("signal"),
		"cache":       "no-store",
		"credentials": "omit",
		"redirect":    "manual",
	}
	if r.Body != nil {
		headers["Content-Type"] = "application/json"
		options["body"] = string(r.Body)
	}
	var pending js.Value
	if err := try(func() { pending = js.Global().Call("fetch", url, options) }); err != nil {
		return Response{}, unreachable(ctx, err)
	}
	resp, err := await(pending)
	if err != nil {
		return Response{}, unreachable(ctx, err)
	}
	body, err := readAll(resp.Get("body"), r.Limit)
	if err != nil {
		abort.Call("abort") // of what was not read
		return Response{}, unreachable(ctx, err)
	}
	header := func(name string) string {
		if v := resp.Get("headers").Call("get", name); v.Type() == js.TypeString {
			return v.String()
		}
		return ""
	}
	return newResponse(resp.Get("status").Int(), header("Date"), header("Retry-After"), body, time.Now()), nil
}

// readAll reads a ReadableStream, or null, of at most limit bytes.
func readAll(stream js.Value, limit int64) ([]byte, error) {
	if stream.IsNull() {
		return nil, nil
	}
	var body []byte
	for reader := stream.Call("getReader"); ; {
		result, err := await(reader.Call("read"))
		if err != nil {
			return nil, err
		}
		if result.Get("done").Bool() {
			return body, nil
		}
		chunk := result.Get("value")
		have, n := len(body), chunk.Get("byteLength").Int()
		if int64(have+n) > limit {
			return nil, ErrTooLarge
		}
		body = append(body, make([]byte, n)...)
		js.CopyBytesToGo(body[have:], chunk)
	}
}

// await waits for a promise. Those used here end when their request is aborted.
func await(promise js.Value) (js.Value, error) {
	var value js.Value
	var err error
	done := make(chan struct{})
	fulfilled := js.FuncOf(func(_ js.Value, args []js.Value) any {
		value = args[0]
		close(done)
		return nil
	})
	defer fulfilled.Release()
	rejected := js.FuncOf(func(_ js.Value, args []js.Value) any {
		err = errors.New(args[0].Get("message").String())
		close(done)
		return nil
	})
	defer rejected.Release()
	promise.Call("then", fulfilled, rejected)
	<-done
	return value, err
}

// try turns what JavaScript throws into an error.
func try(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case js.Error:
			err = r
		default:
			panic(r)
		}
	}()
	f()
	return nil
}
