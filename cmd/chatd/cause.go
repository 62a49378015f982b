package main

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
)

// An upstreamError is what chatd itself finds wrong with an answer of Directus.
type upstreamError string

func (e upstreamError) Error() string { return string(e) }

// Why Directus did not answer, as metrics count it.
const (
	causeTimeout = "timeout"
	causeNetwork = "network" // no name, no route, refused, reset
	causeTLS     = "tls"
	causeClosed  = "closed" // the connection, before or in the middle of the answer
	causeAnswer  = "answer" // there is one, and it is not Directus's
)

var causes = []string{causeTimeout, causeNetwork, causeTLS, causeClosed, causeAnswer}

// causeOf is what may be counted and said of an error of a request to Directus. The text of an error about an answer
// that is not HTTP quotes the answer, which may be the middle of a message: it is not said.
func causeOf(err error) (kind, text string) {
	var own upstreamError
	var timeout net.Error
	var network *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &own):
		return causeAnswer, own.Error()
	case errors.As(err, &certificate):
		return causeTLS, certificate.Error()
	case errors.As(err, new(tls.AlertError)), errors.As(err, new(tls.RecordHeaderError)), errors.Is(err, http.ErrSchemeMismatch):
		return causeTLS, err.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		return causeTimeout, "it takes too long"
	case errors.As(err, &network):
		return causeNetwork, network.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return causeClosed, "it closed the connection"
	}
	return causeAnswer, "its answer cannot be read"
}
