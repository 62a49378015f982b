package main

import (
	"context"
	"fmt"
	"net/http"
)

// probeTimeout is how long an answer may take; a readiness that has to ask Directus takes pingTimeout.
const probeTimeout = 2 * pingTimeout

// probe asks a running chatd for its health or readiness, and fails when the answer is not 200. It is for containers, in
// which there is no other program to ask with.
func (p program) probe(ctx context.Context, args []string) error {
	if len(args) != 1 || args[0] == "" || args[0][0] == '-' {
		return usagef("give the URL to ask, such as http://127.0.0.1:8080%s or %s", healthPath, readyPath)
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil)
	if err != nil {
		return usageError{err}
	}
	request.Close = true
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers with status %d", args[0], answer.StatusCode)
	}
	return nil
}
