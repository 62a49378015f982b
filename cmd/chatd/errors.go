package main

import (
	"encoding/json"
	"net/http"
)

// An apiError is an answer of chatd's own, in the shape of Directus's errors, so that the client reads one kind.
type apiError struct {
	status  int
	code    string
	message string
}

var (
	errNoRoute        = apiError{http.StatusNotFound, "ROUTE_NOT_FOUND", "There is no such endpoint here."}
	errOrigin         = apiError{http.StatusForbidden, "FORBIDDEN", "This page may not use the chat's server; its operator sets CHATD_PUBLIC_URL to the address the chat is opened at."}
	errQuery          = apiError{http.StatusBadRequest, "INVALID_QUERY", "The query cannot be read, or holds a token; send tokens in the Authorization header."}
	errNoUpgrade      = apiError{http.StatusUpgradeRequired, "INVALID_PAYLOAD", "This is a WebSocket; a proxy in front of chatd has to pass the Upgrade and Connection headers on."}
	errReport         = apiError{http.StatusBadRequest, "INVALID_PAYLOAD", "A report is an object of three counts: checked, missing and doubled."}
	errTooMany        = apiError{http.StatusTooManyRequests, "REQUESTS_EXCEEDED", "Too many requests from this address; try again in a minute."}
	errGuarded        = apiError{http.StatusTooManyRequests, "LOGIN_ATTEMPTS_EXCEEDED", "Too many failed log-ins for this account. Log in from where you have logged in before, or ask the operator of this chat."}
	errLogin          = apiError{http.StatusBadRequest, "INVALID_PAYLOAD", "A log-in is an object of email, password and, if needed, otp and mode: each once, and text."}
	errNotJSON        = apiError{http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "Send JSON, in UTF-8, as Content-Type application/json."}
	errNoLength       = apiError{http.StatusLengthRequired, "INVALID_PAYLOAD", "A request's body must come with its Content-Length, not in chunks."}
	errTooLarge       = apiError{http.StatusRequestEntityTooLarge, "CONTENT_TOO_LARGE", "The request is larger than this server takes."}
	errNobody         = apiError{http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE", "Directus cannot be reached."} // no request has got there
	errUnreachable    = apiError{http.StatusBadGateway, "SERVICE_UNAVAILABLE", "Directus does not answer."}
	errTimeout        = apiError{http.StatusGatewayTimeout, "SERVICE_UNAVAILABLE", "Directus does not answer in time."}
	errFull           = apiError{http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE", "This server holds all the sockets it may; its operator can raise -max-sockets."}
	errTooManySockets = apiError{http.StatusTooManyRequests, "REQUESTS_EXCEEDED", "Too many sockets from this address; its operator can raise -max-address-sockets."}
	errStopping       = apiError{http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE", "This server is stopping; try again."}
)

func writeError(w http.ResponseWriter, e apiError) {
	type extensions struct {
		Code string `json:"code"`
	}
	type item struct {
		Message    string     `json:"message"`
		Extensions extensions `json:"extensions"`
	}
	// Strings always encode.
	body, _ := json.Marshal(map[string][]item{"errors": {{e.message, extensions{e.code}}}})
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(e.status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}
