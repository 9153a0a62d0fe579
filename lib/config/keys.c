/*
 * The keys of jobping.yaml: path, type, default, bounds, place in the struct, and half a line of
 * help.  This table is all there is to a key: the file, the environment and the manual's test read
 * it.  A new key is a member of jp_config, a row here and a paragraph in jobping.yaml(5).
 */
#include "config/config.h"
#include "config/internal.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(jp_config, member)
#define YEAR       (365 * JP_DAY)
#define SHORTEST   100 /* ms; a connection needs one round trip */

static const char *const transports[] = {"maildir", "mbox", "sendmail", "smtp", NULL};
static const char *const held_policies[] = {"hold", "resend", NULL};
static const char *const booleans[] = {"false", "true", NULL};
static const char *const sslmodes[] = {
    "disable", "allow", "prefer", "require", "verify-ca", "verify-full", NULL};
/* The adapters of the board room, which stands above; its test compares. */
static const char *const board_kinds[] = {"adzuna", "arbeitnow", "ashby", "bamboohr", "feed",
    "greenhouse", "himalayas", "hn", "jobicy", "jobposting", "jooble", "lever", "personio",
    "pinpoint", "recruitee", "reed", "remoteok", "remotive", "sitemap", "smartrecruiters",
    "teamtailor", "themuse", "usajobs", "workable", "workday", NULL};
static const char *const tls_modes[] = {"implicit", "starttls", "none", NULL};

const struct jp_key jp_keys[] = {
    {"boards.adzuna", JP_KEY_URL, "https://api.adzuna.com", 0, 0, AT(boards.adzuna),
	"where Adzuna is read", NULL},
    {"boards.arbeitnow", JP_KEY_URL, "https://www.arbeitnow.com", 0, 0, AT(boards.arbeitnow),
	"where Arbeitnow is read", NULL},
    {"boards.ashby", JP_KEY_URL, "https://api.ashbyhq.com", 0, 0, AT(boards.ashby),
	"where Ashby's job boards are read", NULL},
    {"boards.bamboohr", JP_KEY_URL, NULL, 0, 0, AT(boards.bamboohr),
	"where BambooHR's careers pages are read", NULL},
    {"boards.greenhouse", JP_KEY_URL, "https://boards-api.greenhouse.io", 0, 0,
	AT(boards.greenhouse), "where Greenhouse's job boards are read", NULL},
    {"boards.himalayas", JP_KEY_URL, "https://himalayas.app", 0, 0, AT(boards.himalayas),
	"where Himalayas is read", NULL},
    {"boards.hn", JP_KEY_URL, "https://hn.algolia.com", 0, 0, AT(boards.hn),
	"where Hacker News is read", NULL},
    {"boards.jobicy", JP_KEY_URL, "https://jobicy.com", 0, 0, AT(boards.jobicy),
	"where Jobicy is read", NULL},
    {"boards.jooble", JP_KEY_URL, "https://jooble.org", 0, 0, AT(boards.jooble),
	"where Jooble is read", NULL},
    {"boards.lever", JP_KEY_URL, "https://api.lever.co", 0, 0, AT(boards.lever),
	"where Lever's job boards are read", NULL},
    {"boards.lever_eu", JP_KEY_URL, "https://api.eu.lever.co", 0, 0, AT(boards.lever_eu),
	"where Lever's European job boards are read", NULL},
    {"boards.personio", JP_KEY_URL, NULL, 0, 0, AT(boards.personio),
	"where Personio's feeds are read", NULL},
    {"boards.pinpoint", JP_KEY_URL, NULL, 0, 0, AT(boards.pinpoint),
	"where Pinpoint's careers pages are read", NULL},
    {"boards.recruitee", JP_KEY_URL, NULL, 0, 0, AT(boards.recruitee),
	"where Recruitee's careers pages are read", NULL},
    {"boards.reed", JP_KEY_URL, "https://www.reed.co.uk", 0, 0, AT(boards.reed),
	"where Reed is read", NULL},
    {"boards.remoteok", JP_KEY_URL, "https://remoteok.com", 0, 0, AT(boards.remoteok),
	"where Remote OK is read", NULL},
    {"boards.remotive", JP_KEY_URL, "https://remotive.com", 0, 0, AT(boards.remotive),
	"where Remotive is read", NULL},
    {"boards.smartrecruiters", JP_KEY_URL, "https://api.smartrecruiters.com", 0, 0,
	AT(boards.smartrecruiters), "where SmartRecruiters' postings are read", NULL},
    {"boards.teamtailor", JP_KEY_URL, NULL, 0, 0, AT(boards.teamtailor),
	"where Teamtailor's careers pages are read", NULL},
    {"boards.themuse", JP_KEY_URL, "https://www.themuse.com", 0, 0, AT(boards.themuse),
	"where The Muse is read", NULL},
    {"boards.usajobs", JP_KEY_URL, "https://data.usajobs.gov", 0, 0, AT(boards.usajobs),
	"where USAJOBS is read", NULL},
    {"boards.workable", JP_KEY_URL, "https://apply.workable.com", 0, 0, AT(boards.workable),
	"where Workable's accounts are read", NULL},
    {"boards.workday", JP_KEY_URL, NULL, 0, 0, AT(boards.workday),
	"where Workday's careers pages are read", NULL},

    {"database", JP_KEY_DATABASE, NULL, 0, 0, AT(database), "the database's file, or its URL",
	NULL},
    {"db.busy_timeout", JP_KEY_DURATION, "30s", 0, 10 * JP_MINUTE, AT(db.busy_timeout),
	"wait so long for another program's write", NULL},
    {"db.ca_file", JP_KEY_PATH, NULL, 0, 0, AT(db.ca_file),
	"certificates to trust the PostgreSQL server by", NULL},
    {"db.cert_file", JP_KEY_PATH, NULL, 0, 0, AT(db.cert_file),
	"our certificate for the PostgreSQL server", NULL},
    {"db.connect_timeout", JP_KEY_DURATION, "10s", SHORTEST, 5 * JP_MINUTE, AT(db.connect_timeout),
	"keep trying to reach the PostgreSQL server for", NULL},
    {"db.idle_timeout", JP_KEY_DURATION, "5m", 0, JP_DAY, AT(db.idle_timeout),
	"a connection idle for longer is replaced; 0: never", NULL},
    {"db.key_file", JP_KEY_PATH, NULL, 0, 0, AT(db.key_file), "key of our certificate", NULL},
    {"db.max_connections", JP_KEY_INTEGER, "10", 1, 1000, AT(db.max_connections),
	"connections of one program and its workers", NULL},
    {"db.password_file", JP_KEY_PATH, NULL, 0, 0, AT(db.password_file),
	"file, mode 0600, whose first line is the database's password", NULL},
    {"db.prepare", JP_KEY_WORD, "true", 0, 0, AT(db.prepare),
	"keep prepared statements in the PostgreSQL server", booleans},
    {"db.slow_query", JP_KEY_DURATION, "200ms", 0, JP_HOUR, AT(db.slow_query),
	"statements that take longer are told with -v", NULL},
    {"db.sslmode", JP_KEY_WORD, "prefer", 0, 0, AT(db.sslmode),
	"how the connection to the PostgreSQL server is protected", sslmodes},
    {"db.statement_timeout", JP_KEY_DURATION, "5m", 0, JP_DAY, AT(db.statement_timeout),
	"the PostgreSQL server gives up a statement after; 0: never", NULL},

    {"gc.bodies", JP_KEY_DURATION, "30d", JP_DAY, 10 * YEAR, AT(gc.bodies),
	"the text of a message is kept for", NULL},
    {"gc.events", JP_KEY_DURATION, "365d", JP_DAY, 10 * YEAR, AT(gc.events),
	"what happened to postings is kept for", NULL},
    {"gc.messages", JP_KEY_DURATION, "365d", JP_DAY, 10 * YEAR, AT(gc.messages),
	"that a message was sent is kept for", NULL},
    {"gc.pending", JP_KEY_DURATION, "30d", JP_DAY, YEAR, AT(gc.pending),
	"an address that never agreed is kept for", NULL},
    {"gc.postings", JP_KEY_DURATION, "365d", JP_DAY, 10 * YEAR, AT(gc.postings),
	"a closed posting is kept for", NULL},
    {"gc.runs", JP_KEY_DURATION, "90d", JP_DAY, 10 * YEAR, AT(gc.runs),
	"that a program ran is kept for", NULL},
    {"gc.tasks", JP_KEY_DURATION, "7d", JP_MINUTE, 10 * YEAR, AT(gc.tasks),
	"tasks of the queue, once they are done, are kept for", NULL},
    {"gc.unsubscribed", JP_KEY_DURATION, "28d", JP_DAY, YEAR, AT(gc.unsubscribed),
	"the address of somebody who left is kept for", NULL},
    {"gc.visits", JP_KEY_DURATION, "30d", JP_DAY, 10 * YEAR, AT(gc.visits),
	"that a board was visited is kept for", NULL},

    {"http.allow", JP_KEY_LIST, NULL, 0, 0, AT(http.allow),
	"private hosts, host:port or networks that may be connected to", NULL},
    {"http.connect_timeout", JP_KEY_DURATION, "10s", SHORTEST, 5 * JP_MINUTE,
	AT(http.connect_timeout), "give up connecting after", NULL},
    {"http.limits", JP_KEY_LIST, NULL, 0, 0, AT(http.limits),
	"limits of hosts by name: NAME interval=2s at_once=1 hour=50 day=500", NULL},
    {"http.max_body", JP_KEY_SIZE, "64MiB", JP_KIB, (gint64)JP_MAX_BODY, AT(http.max_body),
	"the largest answer, after inflating", NULL},
    {"http.max_connections", JP_KEY_INTEGER, "64", 1, 1024, AT(http.max_connections),
	"requests in flight in all", NULL},
    {"http.min_interval", JP_KEY_DURATION, "2s", 0, JP_HOUR, AT(http.min_interval),
	"between the starts of two requests to a host", NULL},
    {"http.per_day", JP_KEY_INTEGER, "500", 0, 10000000, AT(http.per_day),
	"requests to one host in a day; 0: any number", NULL},
    {"http.per_host", JP_KEY_INTEGER, "1", 1, 16, AT(http.per_host),
	"requests in flight to one host", NULL},
    {"http.per_hour", JP_KEY_INTEGER, "50", 0, 1000000, AT(http.per_hour),
	"requests to one host in an hour; 0: any number", NULL},
    {"http.retries", JP_KEY_INTEGER, "3", 0, 10, AT(http.retries),
	"further tries of a request that may be repeated", NULL},
    {"http.timeout", JP_KEY_DURATION, "30s", SHORTEST, JP_HOUR, AT(http.timeout),
	"give up a request after", NULL},

    {"keys.adzuna_file", JP_KEY_PATH, NULL, 0, 0, AT(keys.adzuna.file),
	"file, mode 0600, whose first line is the key for Adzuna", NULL},
    {"keys.jooble_file", JP_KEY_PATH, NULL, 0, 0, AT(keys.jooble.file),
	"file, mode 0600, whose first line is the key for Jooble", NULL},
    {"keys.reed_file", JP_KEY_PATH, NULL, 0, 0, AT(keys.reed.file),
	"file, mode 0600, whose first line is the key for Reed", NULL},
    {"keys.usajobs_file", JP_KEY_PATH, NULL, 0, 0, AT(keys.usajobs.file),
	"file, mode 0600, whose first line is the key for USAJOBS", NULL},

    {"mail.domain", JP_KEY_DOMAIN, NULL, 0, 0, AT(mail.domain),
	"domain of Message-ID, List-Id and bounces; by default that of mail.from", NULL},
    {"mail.from", JP_KEY_ADDRESS, "jobping@localhost", 0, 0, AT(mail.from), "the sender's address",
	NULL},
    {"mail.from_name", JP_KEY_TEXT, NULL, 0, 0, AT(mail.from_name),
	"the sender's name; by default site.name", NULL},
    {"mail.give_up", JP_KEY_DURATION, "4d", JP_HOUR, 30 * JP_DAY, AT(mail.give_up),
	"a message is given up after", NULL},
    {"mail.held", JP_KEY_WORD, "hold", 0, 0, AT(mail.held), "what becomes of a message in doubt",
	held_policies},
    {"mail.maildir", JP_KEY_PATH, NULL, 0, 0, AT(mail.maildir),
	"folder of the transport maildir; by default maildir beside the database", NULL},
    {"mail.max_postings", JP_KEY_INTEGER, "25", 1, 200, AT(mail.max_postings),
	"postings in one digest", NULL},
    {"mail.mbox", JP_KEY_PATH, NULL, 0, 0, AT(mail.mbox),
	"file of the transport mbox; by default mbox beside the database", NULL},
    {"mail.per_run", JP_KEY_INTEGER, "0", 0, 1000000, AT(mail.per_run),
	"messages that one run sends at most; 0: all", NULL},
    {"mail.retry_max", JP_KEY_DURATION, "4h", JP_SECOND, 7 * JP_DAY, AT(mail.retry_max),
	"the longest wait between two tries", NULL},
    {"mail.retry_min", JP_KEY_DURATION, "15m", JP_SECOND, JP_DAY, AT(mail.retry_min),
	"the first wait after a try that failed", NULL},
    {"mail.sendmail", JP_KEY_LIST, "/usr/sbin/sendmail,-i", 0, 0, AT(mail.sendmail),
	"command of the transport sendmail; the recipient is appended", NULL},
    {"mail.smtp.ca_file", JP_KEY_PATH, NULL, 0, 0, AT(mail.smtp.ca_file),
	"certificates to trust; by default the system's", NULL},
    {"mail.smtp.connections", JP_KEY_INTEGER, "4", 1, 64, AT(mail.smtp.connections),
	"connections at a time", NULL},
    {"mail.smtp.host", JP_KEY_DOMAIN, "localhost", 0, 0, AT(mail.smtp.host), "the mail server",
	NULL},
    {"mail.smtp.password_file", JP_KEY_PATH, NULL, 0, 0, AT(mail.smtp.password_file),
	"file, mode 0600, whose first line is the password", NULL},
    {"mail.smtp.port", JP_KEY_INTEGER, NULL, 1, 65535, AT(mail.smtp.port),
	"its port; by default 465, with starttls 587, without TLS 25", NULL},
    {"mail.smtp.timeout", JP_KEY_DURATION, "60s", JP_SECOND, JP_HOUR, AT(mail.smtp.timeout),
	"give up an answer of the server after", NULL},
    {"mail.smtp.tls", JP_KEY_WORD, "implicit", 0, 0, AT(mail.smtp.tls),
	"how the connection is protected", tls_modes},
    {"mail.smtp.user", JP_KEY_TEXT, NULL, 0, 0, AT(mail.smtp.user),
	"name to log in with; without one there is no login", NULL},
    {"mail.templates", JP_KEY_PATH, NULL, 0, 0, AT(mail.templates),
	"folder of templates that replace the built-in ones", NULL},
    {"mail.transport", JP_KEY_WORD, "maildir", 0, 0, AT(mail.transport), "where messages go",
	transports},

    {"match.backfill", JP_KEY_DURATION, "7d", 0, YEAR, AT(match.backfill),
	"how far back a new search looks", NULL},
    {"match.max_age", JP_KEY_DURATION, "30d", JP_DAY, YEAR, AT(match.max_age),
	"postings older than this are not matched, where a search says nothing", NULL},
    {"match.min_score", JP_KEY_INTEGER, "30", 0, 100, AT(match.min_score),
	"matches below this are not kept, where a search says nothing", NULL},

    {"queue.grace", JP_KEY_DURATION, "25s", 0, JP_HOUR, AT(queue.grace),
	"handlers get so long to end when the worker is told to", NULL},
    {"queue.lease", JP_KEY_DURATION, "60s", 5 * JP_SECOND, JP_HOUR, AT(queue.lease),
	"a task whose worker is gone is given to another after", NULL},
    {"queue.poll", JP_KEY_DURATION, "1s", 50, JP_HOUR, AT(queue.poll),
	"between two looks for tasks that others added", NULL},

    {"scrape.alert_after", JP_KEY_DURATION, "24h", 0, 30 * JP_DAY, AT(scrape.alert_after),
	"a board that fails for so long is reported", NULL},
    {"scrape.alert_failures", JP_KEY_INTEGER, "3", 1, 1000, AT(scrape.alert_failures),
	"and one that fails so often in a row", NULL},
    {"scrape.details", JP_KEY_INTEGER, "100", 0, 10000, AT(scrape.details),
	"descriptions asked for one by one in a visit of a board", NULL},
    {"scrape.exempt", JP_KEY_LIST, NULL, 0, 0, AT(scrape.exempt),
	"kinds of boards that robots.txt is not asked for, each KIND: REASON", board_kinds},
    {"scrape.feed_max_age", JP_KEY_DURATION, "60d", JP_DAY, 2 * YEAR, AT(scrape.feed_max_age),
	"a feed's posting expires after", NULL},
    {"scrape.in_flight", JP_KEY_INTEGER, "64", 1, 1024, AT(scrape.in_flight),
	"boards that are visited at a time, by all runs together", NULL},
    {"scrape.interval", JP_KEY_SPAN, "2h..12h", JP_MINUTE, 7 * JP_DAY, AT(scrape.interval),
	"between two visits of a board, by what they find", NULL},
    {"scrape.max_failures", JP_KEY_INTEGER, "5", 1, 100, AT(scrape.max_failures),
	"a board that is gone so often in a row is disabled", NULL},
    {"scrape.per_host", JP_KEY_INTEGER, "3", 1, 1024, AT(scrape.per_host),
	"boards of one host that are visited at a time, by all runs together", NULL},
    {"scrape.reread", JP_KEY_DURATION, "14d", 0, YEAR, AT(scrape.reread),
	"descriptions that are asked for one by one are read again after", NULL},

    {"site.contact", JP_KEY_TEXT, NULL, 0, 0, AT(site.contact),
	"the operator's address or URL, told to boards and readers", NULL},
    {"site.key_file", JP_KEY_PATH, NULL, 0, 0, AT(site.key_file),
	"key of tokens; by default jobping.key beside the database", NULL},
    {"site.name", JP_KEY_TEXT, "JobPing", 0, 0, AT(site.name), "what the site is called", NULL},
    {"site.postal_address", JP_KEY_LINES, NULL, 0, 0, AT(site.postal_address),
	"the sender's postal address, for the footer of mails", NULL},
    {"site.url", JP_KEY_URL, NULL, 0, 0, AT(site.url), "where the site's links lead", NULL},

    {"stats.database", JP_KEY_DATABASE, NULL, 0, 0, AT(stats.database),
	"what jp-stats reads instead of the database: a replica of it", NULL},
};
const guint jp_n_keys = G_N_ELEMENTS(jp_keys);

const struct jp_key *
jp_key_find(const char *path)
{
	for (guint i = 0; i < jp_n_keys; i++)
		if (strcmp(jp_keys[i].path, path) == 0)
			return &jp_keys[i];
	return NULL;
}

char *
jp_key_variable(const char *path)
{
	char *name = g_strconcat("JP_", path, NULL);

	for (char *p = name; *p != '\0'; p++)
		*p = *p == '.' ? '_' : g_ascii_toupper(*p);
	return name;
}

static const char *
type_name(jp_key_type type)
{
	switch (type) {
	case JP_KEY_TEXT:
		return "text";
	case JP_KEY_LINES:
		return "lines";
	case JP_KEY_PATH:
		return "path";
	case JP_KEY_DATABASE:
		return "path or URL";
	case JP_KEY_URL:
		return "URL";
	case JP_KEY_ADDRESS:
		return "address";
	case JP_KEY_DOMAIN:
		return "host";
	case JP_KEY_INTEGER:
		return "integer";
	case JP_KEY_DURATION:
		return "duration";
	case JP_KEY_SIZE:
		return "size";
	case JP_KEY_WORD:
		return "word";
	case JP_KEY_LIST:
		return "list";
	case JP_KEY_RANGE:
		return "range";
	case JP_KEY_SPAN:
		return "durations";
	case JP_KEY_RATES:
		return "rates";
	}
	return "";
}

gboolean
jp_config_key(guint i, const char **path, const char **type, const char **def, const char **help)
{
	if (i >= jp_n_keys)
		return FALSE;
	*path = jp_keys[i].path;
	*type = type_name(jp_keys[i].type);
	*def = jp_keys[i].def != NULL ? jp_keys[i].def : "";
	*help = jp_keys[i].help;
	return TRUE;
}
