// Command line is the least that a Go program in a browser can be. The benchmark starts it in our page, so that what of
// a start is Go's shows.
package main

import "syscall/js"

func main() {
	js.Global().Get("document").Get("documentElement").Get("dataset").Set("app", "running")
	select {} // a program that ends is taken for one that has failed
}
