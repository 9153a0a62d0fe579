/*
 * Promise 1, R1 to R4 and the expiry of what windows list, tried by random histories: each board
 * gets, visit by visit, whole, partial, failed, short, emptied and unchanged listings, with some
 * hours between.  What must be closed, and every event, is said by a model of a few lines that
 * knows what was served and nothing of how it was read.
 *
 * Every board is a history of its own; those of one run are visited together, from answers in a
 * folder.  The seed is printed; --seed repeats it, and JP_SOAK tries a hundred times as many.
 */
#include "base/internal.h"
#include "board/board.h"
#include "rawdb.h"

#define N_IDS   24
#define N_STEPS 24
#define START   G_GINT64_CONSTANT(1788220800000) /* 2026-09-01 */
#define MAX_AGE (3 * JP_DAY)
#define BASE    "http://town.example"

enum kind { PLAIN, TWO_PHASE, FEED, WINDOW, N_KINDS };
static const char *const kinds[] = {"greenhouse", "workday", "feed", "remoteok"};

/* ---- the model: what was served, and what must come of it -------------------------------- */

struct posting {
	gboolean known, open;
	guint version, misses;
	gint64 first_seen, last_seen;
};

struct model {
	struct posting of[N_IDS];
	gboolean suspect;
	guint64 suspect_ids; /* a bit an id */
	gint64 since;
	guint looks;
	guint stored;      /* hash of the body that stands stored, whole; 0: none */
	gboolean waits;    /* for details, in this visit */
	GPtrArray *events; /* "AT ID KIND" */
	GString *complete; /* 0 or 1 a visit */
	GString *story;    /* for who has to understand a failure */
};

/* What one visit was given. */
struct served {
	gboolean answered, complete;
	guint body;       /* its hash */
	guint64 listed;   /* ids in it that can be read */
	guint64 unread;   /* ids in it that cannot */
	guint n_nameless; /* items in it that have no id */
	guint64 hidden;   /* ids whose details fail, if they are asked for */
	const guint *version;
	const gint64 *until; /* the day after which a posting is over; 0: none */
};

static gboolean
has(guint64 set, guint i)
{
	return set >> i & 1;
}

static guint
size_of(guint64 set)
{
	return (guint)__builtin_popcountll(set);
}

static void
happens(struct model *m, guint i, const char *what, gint64 now)
{
	g_ptr_array_add(
	    m->events, g_strdup_printf("%" G_GINT64_FORMAT " %02u %s", now, i + 1, what));
}

/* R1, R2: whether a listing may be believed when it lacks something. */
static gboolean
is_trusted(struct model *m, const struct served *s, gint64 now)
{
	guint n = size_of(s->listed), n_open = 0;

	if (!s->complete)
		return FALSE;
	if (s->body == m->stored)
		return TRUE; /* H05: what was complete is so still */
	for (guint i = 0; i < N_IDS; i++)
		n_open += m->of[i].open;
	if (n_open == 0 || (n * 2 >= n_open && s->n_nameless == 0)) {
		m->suspect = FALSE;
		return TRUE;
	}
	if (!m->suspect || m->suspect_ids != s->listed) {
		m->since = now;
		m->looks = 0;
	}
	m->suspect = TRUE;
	m->suspect_ids = s->listed;
	return ++m->looks >= 3 && now - m->since >= JP_DAY;
}

static void
is_listed(struct model *m, guint i, const struct served *s, gint64 now)
{
	struct posting *p = &m->of[i];
	gboolean is_over = s->until[i] && s->until[i] <= now;

	if (has(s->hidden, i) && !(p->open && p->version == s->version[i])) {
		m->waits = TRUE;
		if (p->open)
			p->misses = 0, p->last_seen = now;
		return; /* R3: it is there, whatever it says */
	}
	if (!p->open && is_over) {
		if (p->known)
			p->last_seen = now;
		return;
	}
	if (!p->open)
		happens(m, i, p->known ? "reopened" : "new", now);
	else if (p->version != s->version[i])
		happens(m, i, "changed", now);
	if (!p->known)
		p->first_seen = now;
	p->known = p->open = TRUE;
	p->version = s->version[i];
	p->misses = 0;
	p->last_seen = now;
}

static void
end(struct model *m, guint i, const char *what, gint64 now)
{
	m->of[i].open = FALSE;
	happens(m, i, what, now);
}

static void
model_visit(struct model *m, gboolean is_window, const struct served *s, gint64 now)
{
	gboolean trusted = s->answered && !is_window && is_trusted(m, s, now);

	g_string_append_c(m->complete, trusted ? '1' : '0');
	m->waits = FALSE;
	for (guint i = 0; i < N_IDS && s->answered; i++) {
		struct posting *p = &m->of[i];

		if (has(s->listed, i))
			is_listed(m, i, s, now);
		else if (has(s->unread, i) && p->open)
			p->misses = 0, p->last_seen = now;
		else if (trusted && p->open && ++p->misses >= 2)
			end(m, i, "closed", now);
	}
	if (s->answered)
		m->stored = trusted && !m->waits ? s->body : 0;
}

/* At the end of each run. */
static void
model_expire(struct model *m, gboolean is_window, const gint64 *until, gint64 now)
{
	for (guint i = 0; i < N_IDS; i++) {
		struct posting *p = &m->of[i];

		if (p->open &&
		    ((until[i] && until[i] <= now) || (is_window && p->last_seen < now - MAX_AGE)))
			end(m, i, "expired", now);
	}
}

/* ---- the boards ---------------------------------------------------------------------------- */

struct history {
	enum kind kind;
	gint64 id;
	char *url;
	guint64 present;  /* what the board has */
	guint64 nameless; /* of it what has no id, until others have none */
	guint version[N_IDS];
	gint64 until[N_IDS];
	guint n_empty; /* visits for which it has nothing */
	guint n_down;  /* visits for which it does not answer */
	struct model model;
};

struct town {
	tmpdb db;
	rawdb *raw;
	GRand *rand;
	struct history *of;
	guint n;
	char *dir;
	GString *index; /* of the folder of answers */
	guint n_files;
};

static gboolean
chance(struct town *t, gint percent)
{
	return g_rand_int_range(t->rand, 0, 100) < percent;
}

static guint64
some_of(struct town *t, guint64 set, gint percent)
{
	guint64 some = 0;

	for (guint i = 0; i < N_IDS; i++)
		if (has(set, i) && chance(t, percent))
			some |= G_GUINT64_CONSTANT(1) << i;
	return some;
}

/* The board goes on: mostly as before, some come and go, sometimes most of it, or all. */
static void
move_on(struct town *t, struct history *h)
{
	const guint64 all = (G_GUINT64_CONSTANT(1) << N_IDS) - 1;

	if (h->n_down > 0 && h->id % 2 == 0)
		return;
	if (h->n_empty > 0 && --h->n_empty == 0)
		h->present = some_of(t, all, 40);
	else if (h->n_empty > 0 || chance(t, 40))
		return;
	else if (chance(t, 6)) {
		h->n_empty = (guint)g_rand_int_range(t->rand, 1, 12);
		h->present = 0;
	} else if (chance(t, 8))
		h->present &= some_of(t, all, 25);
	else if (chance(t, 60))
		h->present ^= some_of(t, all, 12);
	else
		for (guint i = 0; i < N_IDS; i++)
			h->version[i] += chance(t, 5);
}

/* ---- bodies ------------------------------------------------------------------------------- */

static char *
title(const struct history *h, guint i)
{
	return g_strdup_printf("Beekeeper %u of year %u", i + 1, h->version[i]);
}

/* One without a title, or without an id. */
static void
add_bad(GString *to, const struct history *h, guint i, gboolean is_nameless)
{
	g_autofree char *name = title(h, i);

	g_string_append(to, to->len ? "," : "");
	if (is_nameless)
		g_string_append_printf(to, "{\"id\":null,\"title\":\"%s\"}", name);
	else
		g_string_append_printf(to, "{\"id\":%u,\"title\":\"\"}", i + 1);
}

static void
add_greenhouse(GString *to, const struct history *h, guint i)
{
	g_autofree char *name = title(h, i);
	g_autofree char *until = h->until[i] ? jp_time_format(h->until[i]) : NULL;
	const char *quote = until ? "\"" : "";

	g_string_append_printf(to,
	    "%s{\"id\":%u,\"title\":\"%s\",\"content\":\"Hives.\","
	    "\"application_deadline\":%s%s%s}",
	    to->len ? "," : "", i + 1, name, quote, until ? until : "null", quote);
}

static void
add_item(GString *to, const struct history *h, guint i)
{
	g_autofree char *name = title(h, i);

	if (h->kind == TWO_PHASE)
		g_string_append_printf(to,
		    "%s{\"title\":\"%s\",\"externalPath\":\"/job/Cork/x_JR-%02u\"}",
		    to->len ? "," : "", name, i + 1);
	else if (h->kind == FEED)
		g_string_append_printf(to,
		    "<item><guid>%02u</guid><title>%s</title><description>Hives.</description>"
		    "<link>" BASE "/%u</link></item>",
		    i + 1, name, i + 1);
	else
		g_string_append_printf(to,
		    ",{\"id\":\"%02u\",\"position\":\"%s\",\"company\":\"Apiary\","
		    "\"description\":\"Hives.\",\"url\":\"" BASE "/%u\"}",
		    i + 1, name, i + 1);
}

/* The body with these; total, and items without title or id, are for those kinds that have them. */
static char *
body_of(const struct history *h, guint64 set, guint64 bad, guint64 nameless, guint total)
{
	g_autoptr(GString) items = g_string_new(NULL);

	for (guint i = 0; i < N_IDS; i++) {
		if (!has(set | bad | nameless, i))
			continue;
		if (!has(set, i))
			add_bad(items, h, i, has(nameless, i));
		else if (h->kind == PLAIN)
			add_greenhouse(items, h, i);
		else
			add_item(items, h, i);
	}
	switch (h->kind) {
	case PLAIN:
		return g_strdup_printf(
		    "{\"jobs\":[%s],\"meta\":{\"total\":%u}}", items->str, total);
	case TWO_PHASE:
		return g_strdup_printf("{\"total\":%u,\"jobPostings\":[%s]}", total, items->str);
	case FEED:
		return g_strdup_printf("<rss version=\"2.0\"><channel><title>Bees</title>%s"
				       "</channel></rss>",
		    items->str);
	case WINDOW:
		return g_strdup_printf("[{\"legal\":\"Say where.\"}%s]", items->str);
	case N_KINDS:
		break;
	}
	return NULL;
}

/* An answer to this request; body NULL: there is none, as if the network were away. */
static void
answer(struct town *t, const char *method, const char *url, const char *asked, int status,
    const char *body)
{
	g_autofree char *key =
	    asked ? g_compute_checksum_for_string(G_CHECKSUM_SHA256, asked, -1) : g_strdup("-");
	g_autofree char *name = g_strdup_printf("%u.http", t->n_files++);
	g_autofree char *path = g_build_filename(t->dir, name, NULL);
	g_autofree char *text = NULL;

	if (!body)
		return;
	text =
	    g_strdup_printf("HTTP/1.1 %d So\nETag: \"%08x\"\n\n%s", status, g_str_hash(body), body);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_string_append_printf(t->index, "%s\t%s\t%s\t%s\n", method, url, key, name);
}

/* Page n of a board with pages; the others have one. */
static void
answer_page(struct town *t, const struct history *h, guint n, int status, const char *body)
{
	g_autofree char *asked = g_strdup_printf(
	    "{\"appliedFacets\":{},\"limit\":20,\"offset\":%u,\"searchText\":\"\"}", n * 20);

	if (h->kind == TWO_PHASE)
		answer(t, "POST", h->url, asked, status, body);
	else
		answer(t, "GET", h->url, NULL, status, body);
}

static void
answer_details(struct town *t, const struct history *h, guint64 hidden)
{
	for (guint i = 0; i < N_IDS; i++) {
		g_autofree char *url = g_strdup_printf(
		    "%.*s/job/Cork/x_JR-%02u", (int)(strlen(h->url) - 5), h->url, i + 1);

		if (!has(hidden, i))
			g_string_append_printf(t->index, "GET\t%s\t-\tdetail.http\n", url);
		else
			g_string_append_printf(t->index, "GET\t%s\t-\tbroken.http\n", url);
	}
}

/* ---- one visit of one board ----------------------------------------------------------------- */

/* The first n of the set. */
static guint64
first_of(guint64 set, guint n)
{
	guint64 some = 0;

	for (guint i = 0; i < N_IDS && size_of(some) < n; i++)
		if (has(set, i))
			some |= G_GUINT64_CONSTANT(1) << i;
	return some;
}

static struct served
serve_failure(struct town *t, const struct history *h, const char **told)
{
	static const struct {
		int status;
		const char *body;
	} ways[] = {{404, "{}"}, {403, "no"}, {429, ""}, {500, "oh"},
	    {200, "<!doctype html><html>"}, {200, "{\"jobs\":["}, {200, ""}, {0, NULL}};
	gint way = g_rand_int_range(t->rand, 0, G_N_ELEMENTS(ways));

	*told = "fails";
	answer_page(t, h, 0, ways[way].status, ways[way].body);
	return (struct served){0};
}

/* Not all of it: by its own total, or with a second page that does not come. */
static struct served
serve_part(struct town *t, const struct history *h, const char **told)
{
	guint64 part = some_of(t, h->present, 60);
	struct served s = {.answered = TRUE};
	g_autofree char *body = NULL;

	*told = "part";
	if (h->kind == TWO_PHASE && size_of(h->present) > 20) {
		part = first_of(h->present, 20);
		body = body_of(h, part, 0, 0, size_of(h->present));
		answer_page(t, h, 0, 200, body);
		answer_page(t, h, 1, 500, "oh");
		s.listed = part;
		return s;
	}
	s.listed = first_of(part, 20);
	body = body_of(h, s.listed, 0, 0, size_of(s.listed) + 1);
	answer_page(t, h, 0, 200, body);
	if (h->kind == TWO_PHASE) /* which asks on */
		answer_page(t, h, 1, 500, "oh");
	return s;
}

/* All of it; some items of a plain one are unreadable, some for several visits, and too many make
 * it partial. */
static struct served
serve_whole(struct town *t, struct history *h, const char **told)
{
	struct served s = {.answered = TRUE, .complete = TRUE, .listed = h->present};
	guint n = size_of(h->present), bad;
	guint64 first = h->kind == TWO_PHASE ? first_of(h->present, 20) : h->present;
	g_autofree char *body = NULL;

	*told = "whole";
	if (h->kind == PLAIN && chance(t, 20)) {
		if (chance(t, 60))
			s.unread = some_of(t, h->present, 20);
		else
			h->nameless = some_of(t, h->present, 10);
	}
	h->nameless &= h->present & ~s.unread;
	s.n_nameless = size_of(h->nameless);
	s.listed &= ~s.unread & ~h->nameless;
	bad = size_of(s.unread) + s.n_nameless;
	s.complete = bad == 0 || bad * 4 < n;
	if (bad > 0)
		*told = s.complete ? "whole, some bad" : "too many bad";
	body = body_of(h, first & s.listed, s.unread, h->nameless, n);
	s.body = g_str_hash(body);
	answer_page(t, h, 0, 200, body);
	if (first != h->present) {
		g_autofree char *rest = body_of(h, h->present & ~first, 0, 0, 0);

		s.body = s.body * 31 + g_str_hash(rest);
		answer_page(t, h, 1, 200, rest);
	}
	return s;
}

static void
visit(struct town *t, struct history *h, gint64 now)
{
	gboolean is_window = h->kind == FEED || h->kind == WINDOW;
	const char *told;
	struct served s;

	move_on(t, h);
	if (h->n_down > 0)
		h->n_down--;
	else if (chance(t, 2))
		h->n_down = (guint)g_rand_int_range(t->rand, 4, 16);
	if (h->n_down > 0 || chance(t, 12))
		s = serve_failure(t, h, &told);
	else if (!is_window && chance(t, 10))
		s = serve_part(t, h, &told);
	else
		s = serve_whole(t, h, &told);
	if (h->kind == TWO_PHASE) {
		/* three in a row would end the asking */
		s.hidden = chance(t, 20) ? first_of(some_of(t, h->present, 20), 2) : 0;
		answer_details(t, h, s.hidden);
	}
	s.version = h->version;
	s.until = h->until;
	g_string_append_printf(h->model.story,
	    "%" G_GINT64_FORMAT ": %s: %06" G_GINT64_MODIFIER "x unread %06" G_GINT64_MODIFIER
	    "x hidden %06" G_GINT64_MODIFIER "x nameless %u\n",
	    now, told, s.listed, s.unread, s.hidden, s.n_nameless);
	model_visit(&h->model, is_window, &s, now);
	model_expire(&h->model, is_window, h->until, now);
}

/* ---- the town ------------------------------------------------------------------------------- */

static void
add_board(struct town *t, guint n)
{
	struct history *h = &t->of[n];
	g_autofree char *sql = NULL, *token = NULL;

	h->kind = n % N_KINDS;
	token = h->kind == TWO_PHASE ? g_strdup_printf("t%u.wd1/Jobs", n)
	    : h->kind == FEED        ? g_strdup_printf(BASE "/%u.rss", n)
	    : h->kind == WINDOW      ? g_strdup_printf("tag=t%u", n)
				     : g_strdup_printf("t%u", n);
	h->url = h->kind == TWO_PHASE ? g_strdup_printf(BASE "/wday/cxs/t%u/Jobs/jobs", n)
	    : h->kind == FEED         ? g_strdup(token)
	    : h->kind == WINDOW       ? g_strdup_printf(BASE "/api?tag=t%u", n)
				      : g_strdup_printf(BASE "/v1/boards/t%u/jobs?content=true", n);
	sql = g_strdup_printf("INSERT INTO board (kind, token, next_at, created_at)"
			      " VALUES ('%s', '%s', 0, 0) RETURNING id",
	    kinds[h->kind], token);
	h->id = raw_int(t->raw, sql);
	h->present = some_of(t, (G_GUINT64_CONSTANT(1) << N_IDS) - 1,
	    h->kind == TWO_PHASE ? 90 : g_rand_int_range(t->rand, 5, 80));
	for (guint i = 0; i < N_IDS && h->kind == PLAIN; i++)
		if (chance(t, 15))
			h->until[i] = START + g_rand_int_range(t->rand, 1, 240) * JP_HOUR;
	h->model.events = g_ptr_array_new_with_free_func(g_free);
	h->model.complete = g_string_new(NULL);
	h->model.story = g_string_new(NULL);
}

static void
free_board(struct history *h)
{
	g_free(h->url);
	g_ptr_array_unref(h->model.events);
	g_string_free(h->model.complete, TRUE);
	g_string_free(h->model.story, TRUE);
}

static void
set_clock(gint64 now)
{
	g_autofree char *text = jp_time_format(now);

	g_setenv("JP_CLOCK", text, TRUE);
	g_assert_true(jp_clock_init());
}

static void
configure(jp_config *conf)
{
	char **bases[] = {&conf->boards.greenhouse, &conf->boards.workday, &conf->boards.remoteok};

	for (guint i = 0; i < G_N_ELEMENTS(bases); i++) {
		g_free(*bases[i]);
		*bases[i] = g_strdup(BASE);
	}
	conf->http.min_interval = conf->http.per_hour = conf->http.per_day = 0;
	conf->http.max_connections = conf->scrape.in_flight = conf->scrape.per_host = 1024;
	conf->scrape.max_failures = 1000;
	conf->scrape.feed_max_age = MAX_AGE;
}

/* All boards are visited, from the answers in the folder. */
static void
run(struct town *t)
{
	g_autofree char *path = g_build_filename(t->dir, "index.tsv", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_http) http = NULL;
	jp_scrape s = {.db = t->db.db, .conf = t->db.conf, .all = TRUE, .quiet = TRUE};

	g_assert_true(g_file_set_contents(path, t->index->str, -1, NULL));
	http = jp_http_new(t->db.conf, NULL, t->dir, &error);
	g_assert_no_error(error);
	s.http = http;
	jp_scrape_run(&s);
	g_assert_cmpuint(s.n_visited, ==, t->n);
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

/* One line a row, ordered, of a statement that gives texts for a board. */
static char *
list_of(struct town *t, const struct history *h, const char *row, const char *from)
{
	g_autofree char *sql =
	    g_strdup_printf("SELECT %s(%s, ',') FROM %s AND board_id = %" G_GINT64_FORMAT,
		t->raw->file ? "group_concat" : "string_agg", row, from, h->id);
	g_autofree char *text = raw_text(t->raw, sql);
	g_auto(GStrv) rows = g_strsplit(text ? text : "", ",", -1);

	qsort(rows, g_strv_length(rows), sizeof(*rows), by_text);
	return g_strjoinv("\n", rows);
}

static void
check(struct town *t, guint n, guint32 seed)
{
	const struct history *h = &t->of[n];
	g_autofree char *events = list_of(t, h,
	    "CAST(e.at AS text) || ' ' || substr('0' || replace(p.external_id, 'JR-', ''),"
	    " CAST(length(replace(p.external_id, 'JR-', '')) AS INTEGER)) || ' ' || e.kind",
	    "posting_event AS e JOIN posting AS p ON p.id = e.posting_id WHERE 1 = 1");
	g_autofree char *visits =
	    list_of(t, h, "CAST(at AS text) || ' ' || CAST(complete AS text)", "visit WHERE 1 = 1");
	g_autoptr(GString) complete = g_string_new(NULL);
	g_autofree char *wanted = NULL;

	for (const char *p = visits; (p = strchr(p, ' ')); p++)
		g_string_append_c(complete, p[1]);
	g_ptr_array_sort(h->model.events, by_text);
	g_ptr_array_add(h->model.events, NULL);
	wanted = g_strjoinv("\n", (char **)h->model.events->pdata);
	if (strcmp(events, wanted) != 0 || strcmp(complete->str, h->model.complete->str) != 0)
		g_error("seed %u, history %u (%s):\n%s"
			"complete: %s\nmust be:  %s\nevents:\n%s\nmust be:\n%s",
		    seed, n, kinds[h->kind], h->model.story->str, complete->str,
		    h->model.complete->str, events, wanted);
}

static guint
count_of(const struct town *t, const char *what)
{
	guint n = 0;

	for (guint i = 0; i < t->n; i++)
		for (guint j = 0; j < t->of[i].model.events->len; j++) {
			const char *e = g_ptr_array_index(t->of[i].model.events, j);

			n += e && g_str_has_suffix(e, what);
		}
	return n;
}

static void
town_init(struct town *t, guint n, guint32 seed)
{
	const char *detail = "HTTP/1.1 200 OK\n\n"
			     "{\"jobPostingInfo\":{\"jobDescription\":\"<p>Hives.</p>\"}}";
	g_autofree char *path = NULL, *broken = NULL;

	*t = (struct town){.n = n, .of = g_new0(struct history, n)};
	t->rand = g_rand_new_with_seed(seed);
	t->dir = g_dir_make_tmp("jp-histories-XXXXXX", NULL);
	path = g_build_filename(t->dir, "detail.http", NULL);
	broken = g_build_filename(t->dir, "broken.http", NULL);
	g_assert_true(g_file_set_contents(path, detail, -1, NULL));
	g_assert_true(g_file_set_contents(broken, "HTTP/1.1 500 Oh\n\n", -1, NULL));
	t->index = g_string_new(NULL);
	set_clock(START);
	tmpdb_open(&t->db);
	configure(t->db.conf);
	t->raw = raw_open(&t->db);
	for (guint i = 0; i < n; i++)
		add_board(t, i);
}

static void
town_clear(struct town *t)
{
	GDir *d = g_dir_open(t->dir, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(t->dir, name, NULL);

		g_assert_cmpint(g_remove(path), ==, 0);
	}
	g_dir_close(d);
	g_assert_cmpint(g_rmdir(t->dir), ==, 0);
	for (guint i = 0; i < t->n; i++)
		free_board(&t->of[i]);
	g_free(t->of);
	g_free(t->dir);
	g_string_free(t->index, TRUE);
	g_rand_free(t->rand);
	raw_close(t->raw);
	tmpdb_close(&t->db);
}

static void
live(guint n, guint32 seed)
{
	gint64 now = START;
	struct town t;

	town_init(&t, n, seed);
	for (guint step = 0; step < N_STEPS; step++) {
		now += g_rand_int_range(t.rand, 1, 20) * JP_HOUR;
		set_clock(now);
		g_string_truncate(t.index, 0);
		t.n_files = 0;
		for (guint i = 0; i < n; i++)
			visit(&t, &t.of[i], now);
		run(&t);
	}
	for (guint i = 0; i < n; i++)
		check(&t, i, seed);
	/* or nothing was tried */
	g_assert_cmpuint(count_of(&t, "closed"), >, n);
	g_assert_cmpuint(count_of(&t, "reopened"), >, n / 4);
	g_assert_cmpuint(count_of(&t, "expired"), >, n / 4);
	g_assert_cmpuint(count_of(&t, "changed"), >, n / 4);
	town_clear(&t);
}

static void
test_histories(void)
{
	gboolean is_soak = g_getenv("JP_SOAK") && *g_getenv("JP_SOAK");
	guint32 seed = (guint32)g_test_rand_int_range(0, G_MAXINT32 / 2);
	guint n = pg_admin() ? 60 : 120;

	g_test_message("seed %u", seed);
	for (guint i = 0; i < (is_soak ? 50 : 1); i++)
		live(n, seed + i);
	g_unsetenv("JP_CLOCK");
	g_assert_true(jp_clock_init());
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/histories/promise-1-R1-R2-R3-R4", test_histories);
	return g_test_run();
}
