package zipscan

import (
	"context"
	"strings"
	"testing"
)

// The message says what a file is if it is not a zip.
func TestLooksLikeText(t *testing.T) {
	for text, want := range map[string]string{
		"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 3\n": "Git LFS pointer",
		"<!DOCTYPE html>\n<html>":              "an HTML page",
		"\xef\xbb\xbf  <HTML lang=en>":         "an HTML page",
		"<?xml version='1.0'?><Error></Error>": "XML",
		`{"message":"Not Found"}`:              "JSON",
		"UEsDBBQACAAIAAAAAAAAAAAA":             "base64",
		`"UEsDBBQACAAIAAAAAAAAAAAA"`:           "base64",
		"data:application/zip;base64,UEsDBB":   "data URL",
		"504B030414000800":                     "hexadecimal",
		"#!/bin/sh\n":                          "a script",
		"hello":                                "is text, not a zip",
		"":                                     "is empty",
	} {
		a, err := Open(context.Background(), strings.NewReader(text), int64(len(text)))
		if err != nil || len(a.Faults) != 1 || !strings.Contains(a.Faults[0].Detail, want) || a.Faults[0].Kind != FaultNotZip {
			t.Errorf("%q: %+v, %v", text, a.Faults, err)
		}
	}
}
