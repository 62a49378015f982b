package doctor

import (
	"context"
	"fmt"
	"net/http"
)

// websocketPath is the one that chatd forwards.
const websocketPath = "/websocket"

func realtimeOff(_ context.Context, x *exam) (*Finding, error) {
	if x.info.WebSocket.on && x.info.WebSocket.value.Rest.on {
		return nil, nil
	}
	setting := "WEBSOCKETS_ENABLED"
	if x.info.WebSocket.on {
		setting = "WEBSOCKETS_REST_ENABLED"
	}
	return &Finding{
		What:  "realtime is off in Directus",
		Means: "the chat cannot connect; nobody sees new messages",
		Fix:   "set " + setting + "=true and restart Directus",
	}, nil
}

func realtimePath(_ context.Context, x *exam) (*Finding, error) {
	path := x.info.WebSocket.value.Rest.value.Path
	if path == websocketPath {
		return nil, nil
	}
	return &Finding{
		What:  fmt.Sprintf("Directus takes sockets at %s, chatd asks for them at %s", path, websocketPath),
		Means: "the chat cannot connect; Directus does not even answer at other paths",
		Fix:   "set WEBSOCKETS_REST_PATH=" + websocketPath + ", its default",
	}, nil
}

func realtimeAuth(_ context.Context, x *exam) (*Finding, error) {
	mode := x.info.WebSocket.value.Rest.value.Authentication
	means := "whoever fails to log in, or whose token has expired, stays connected as the public"
	switch mode {
	case "handshake":
		return nil, nil
	case "strict":
		means = "the chat cannot connect: Directus wants the token in the address of the socket, where it ends up in logs"
	}
	return &Finding{
		What:  "sockets log in by " + mode,
		Means: means,
		Fix:   "set WEBSOCKETS_REST_AUTH=handshake, its default",
	}, nil
}

func heartbeat(_ context.Context, x *exam) (*Finding, error) {
	beat := x.info.WebSocket.value.Heartbeat
	const fix = "set WEBSOCKETS_HEARTBEAT_ENABLED=true and WEBSOCKETS_HEARTBEAT_PERIOD=30, the defaults"
	switch {
	case !beat.on:
		return &Finding{
			What:  "the heartbeat of Directus is off",
			Means: "Directus goes on working for people who have gone, and proxies cut those who are silent",
			Fix:   fix,
		}, nil
	case beat.value > maxBeat:
		return &Finding{
			What:  fmt.Sprintf("the heartbeat of Directus comes every %d s", beat.value),
			Means: "proxies cut people who are silent before it comes",
			Fix:   fix,
		}, nil
	}
	return nil, nil
}

// socketWorks connects straight to Directus, as the user or else as the operator.
func socketWorks(ctx context.Context, x *exam) (*Finding, error) {
	token := x.user.token
	if token == "" {
		token = x.operator.token
	}
	s, status, err := dial(ctx, x.API.URL+websocketPath, "")
	if err == nil {
		defer s.close()
		err = s.logIn(ctx, token)
	}
	if err == nil {
		return nil, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	fix := "look into the log of Directus, and whether a proxy in front of it passes Upgrade and Connection on"
	if status == http.StatusForbidden {
		fix = "raise WEBSOCKETS_REST_CONN_LIMIT, and see that the licence of Directus is in order (GET /license)"
	}
	return &Finding{
		What:  fmt.Sprintf("no socket can be opened at Directus: %v", err),
		Means: "the chat cannot connect; nobody sees new messages",
		Fix:   fix,
	}, nil
}
