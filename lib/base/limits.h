/*
 * Every maximum in one place.  Whatever bytes from outside can grow has a bound here from birth;
 * each says why that number.  Times and politeness that an operator may want to change are in the
 * configuration instead.
 */
#ifndef JP_BASE_LIMITS_H
#define JP_BASE_LIMITS_H

#define JP_KIB 1024
#define JP_MIB (1024 * 1024)

/* A configuration is a page or two; a megabyte is a mistake or an attack. */
#define JP_MAX_CONFIG (1 * JP_MIB)
/* YAML and CSV imports: 100,000 subscribers at some 500 bytes. */
#define JP_MAX_IMPORT (128 * JP_MIB)
/* One line of a pipe between programs; a posting event is under 4 KiB. */
#define JP_MAX_LINE (64 * JP_KIB)
/* One HTTP body after inflating: the largest boards seen are 5 to 10 MB. */
#define JP_MAX_BODY (64 * JP_MIB)
/* All header lines of one response; servers themselves stop at 8 to 64 KiB. */
#define JP_MAX_HEADERS (64 * JP_KIB)
/* Redirects followed for one request (RFC 9309 asks for five at least). */
#define JP_MAX_REDIRECTS 5
/* A transfer slower than this many bytes a second for so many seconds is given up: a modem was
 * faster. */
#define JP_MIN_SPEED      256
#define JP_MIN_SPEED_TIME 30
/* URLs: what browsers and servers agree to carry. */
#define JP_MAX_URL 2048
/* JSON depth: real payloads stay under 12. */
#define JP_MAX_JSON_DEPTH 64
/* JSON values in one body, 64 bytes of memory each: JP_MAX_LISTING postings of some 40. */
#define JP_MAX_JSON_VALUES (2 * JP_MIB)
/* Markup depth while HTML is made text: the deepest page seen is about 60. */
#define JP_MAX_HTML_DEPTH 256
/* Postings in one listing: ten times the largest board seen. */
#define JP_MAX_LISTING 50000
/* Pages of one listing: JP_MAX_LISTING at the smallest page size of 20, and then some. */
#define JP_MAX_PAGES 3000
/* Bytes of fields of a posting; longer ones are cut at a character and marked so. */
#define JP_MAX_TITLE       300
#define JP_MAX_NAME        200
#define JP_MAX_DESCRIPTION (256 * JP_KIB)
/* Places of one posting: "anywhere in these 50 states" with room to spare. */
#define JP_MAX_LOCATIONS 64
/* An e-mail address (RFC 5321 4.5.3.1: path 256 with its brackets). */
#define JP_MAX_EMAIL 254
/* A saved search's query text, its nesting, and its terms. */
#define JP_MAX_QUERY       2000
#define JP_MAX_QUERY_DEPTH 32
#define JP_MAX_QUERY_TERMS 200
/* A list field of a saved search (locations, companies, ...). */
#define JP_MAX_SEARCH_LIST 100
/* Tokens of one posting that are indexed; the description bound gives about 45,000. */
#define JP_MAX_TOKENS 65536
/* Bytes of a lexeme of the full-text index: longer "words" are not looked for, and PostgreSQL takes
 * none above 2 KiB.  Lexemes of a posting: PostgreSQL holds a megabyte of them, this is half. */
#define JP_MAX_LEXEME  64
#define JP_MAX_LEXEMES 8192
/* A rendered message (M09 keeps digests under 100 KB; templates are the operator's). */
#define JP_MAX_MESSAGE (1 * JP_MIB)
/* A template file, and how deep partials nest. */
#define JP_MAX_TEMPLATE      (256 * JP_KIB)
#define JP_MAX_PARTIAL_DEPTH 32
/* Sections inside sections of one template, and tags run in one rendering: a digest of 100 postings
 * runs about 5,000; partials that include each other could double at every level. */
#define JP_MAX_TEMPLATE_DEPTH 64
#define JP_MAX_TEMPLATE_STEPS 1000000
/* The HTML of a digest: Gmail clips near 102 KB (M09). */
#define JP_MAX_DIGEST_HTML 100000
/* Types of tasks in a configuration, and windows of one rate (second, minute, hour, day). */
#define JP_MAX_TASK_TYPES 64
#define JP_MAX_RATES      4
/* A type's name, which is also a word of the command line. */
#define JP_MAX_TASK_TYPE 40
/* A task's payload: references and settings, not data; files have names. */
#define JP_MAX_PAYLOAD (256 * JP_KIB)
/* A line that adds a task: a payload and the members around it. */
#define JP_MAX_TASK_LINE (JP_MAX_PAYLOAD + 8 * JP_KIB)
/* Keys and subscribers of tasks are names, or numbers. */
#define JP_MAX_TASK_KEY 200
/* Of what a handler says the end is kept, where its last words are; of a result a line. */
#define JP_MAX_TASK_OUTPUT (4 * JP_KIB)
#define JP_MAX_TASK_RESULT (4 * JP_KIB)
#define JP_MAX_TASK_ERROR  500

#endif
