package main

import (
	"strconv"
	"strings"
)

// Content codings, best first.
const (
	codingBrotli   = "br"
	codingGzip     = "gzip"
	codingIdentity = "identity"
)

// chooseCoding picks the coding for an Accept-Encoding header (RFC 9110, 12.5.3): of the accepted ones the client likes
// best, the smallest. A client that accepts none gets identity, as one that sends no header does.
func chooseCoding(header string) string {
	accepted := map[string]float64{}
	for item := range strings.SplitSeq(header, ",") {
		coding, parameters, _ := strings.Cut(item, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding == "" {
			continue
		}
		accepted[coding] = quality(parameters)
	}
	best, bestQuality := codingIdentity, 0.0
	for _, coding := range []string{codingBrotli, codingGzip, codingIdentity} {
		q, named := accepted[coding]
		if !named {
			q = accepted["*"]
		}
		if q > bestQuality {
			best, bestQuality = coding, q
		}
	}
	return best
}

// quality reads the q parameter: 1 when there is none, 0 (not accepted) when it is not a number.
func quality(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		key, value, ok := strings.Cut(strings.TrimSpace(parameter), "=")
		if !ok || !strings.EqualFold(key, "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil {
			return 0
		}
		return q
	}
	return 1
}
