#!/bin/sh
# Whole visits over replayed answers of boards that have pages, threads or files: how the next one is
# found, where reading ends, and that a second visit asks only for what it must.
. "${0%/*}/lib.sh"

# answer URL [STATUS]: what a replay gives for it, the body from stdin.
answer()
{
	t_file=$(printf %s "$1" | cksum | cut -d ' ' -f 1)
	mkdir -p replay
	{
		printf 'HTTP/1.1 %s As Told\nContent-Type: %s\n\n' "${2-200}" "${3-application/json}"
		cat
	} >"replay/$t_file"
	[ ! -f replay/index.tsv ] || grep -v -F "	$1	" replay/index.tsv >replay/index.new
	[ ! -f replay/index.new ] || mv replay/index.new replay/index.tsv
	printf 'GET\t%s\t-\t%s\n' "$1" "$t_file" >>replay/index.tsv
}

add() { JP_CLOCK=$1 jp-board add -q "$2"; }
scrape() { run env JP_CLOCK="$1" jp-scrape --replay replay; }
is_sql() { same "$(sql "$1")" "$2"; }
events() { same "$(cut -f 2,3 "$T_OUT" | LC_ALL=C sort | tr '\t\n' ' ;')" "$1"; }

new_site </dev/null

# ---- Hacker News: the threads, then each ----------------------------------------------------------

HN=https://hn.algolia.com/api/v1
answer "$HN/search_by_date?tags=story,author_whoishiring&hitsPerPage=10" <"$T_DATA/boards/hn/threads.json"
answer "$HN/items/9000" <<'END'
{"id":9000,"children":[{"id":1,"text":"Anvil | Smith | Graz, Austria | ONSITE<p>Iron."},
 {"id":2,"text":"Bellows | Blower | Linz, Austria<p>Air."}]}
END
answer "$HN/items/8000" <<'END'
{"id":8000,"children":[{"id":3,"text":"Coal | Miner | Bochum, Germany | ONSITE<p>Black."}]}
END
add 2026-11-05T08:00:00Z hn:whoishiring
scrape 2026-11-05T08:00:00Z
ok 'two threads are read' exits 0
ok 'without a complaint' no_err
ok 'their comments are postings' events \
	'new Anvil | Smith | Graz, Austria | ONSITE;new Bellows | Blower | Linz, Austria;new Coal | Miner | Bochum, Germany | ONSITE;'
ok 'in three requests of one visit' is_sql 'SELECT status, n_new FROM visit' 'ok|3'
answer "$HN/items/9000" <<'END'
{"id":9000,"children":[{"id":1,"text":"Anvil | Smith | Graz, Austria | ONSITE<p>Steel."}]}
END
scrape 2026-11-06T08:00:00Z
ok 'R6 an edited comment has changed' events 'changed Anvil | Smith | Graz, Austria | ONSITE;'
scrape 2026-11-07T08:00:00Z
scrape 2026-11-08T08:00:00Z
ok 'a comment that is gone is not missed: the thread is a window' \
	is_sql 'SELECT count(*) FROM posting WHERE closed_at IS NULL' 3
jp-board disable hn:whoishiring

# ---- newest first: until a page brings nothing new ------------------------------------------------

page()
{
	sep=
	printf '{"data":['
	for i; do
		printf '%s{"slug":"cook-%s","company_name":"Linde","title":"Cook %s","description":"<p>Cook.</p>",' \
			"$sep" "$i" "$i"
		printf '"url":"https://www.arbeitnow.com/jobs/cook-%s","location":"Ulm","created_at":1790000000}' "$i"
		sep=,
	done
	printf '],"links":{"next":"https://www.arbeitnow.com/api/job-board-api?search=featured&page=2"}}\n'
}
AN=https://www.arbeitnow.com/api/job-board-api
page 9 8 7 | answer "$AN?page=1"
page 6 5 4 | answer "$AN?page=2"
page | answer "$AN?page=3"
add 2026-11-09T08:00:00Z arbeitnow:all
scrape 2026-11-09T08:00:00Z
ok 'the first visit reads all pages, by its own URLs' is_sql \
	"SELECT count(*) FROM posting JOIN board b ON b.id = board_id WHERE kind = 'arbeitnow'" 6
page 11 10 9 | answer "$AN?page=1"
page 8 7 6 | answer "$AN?page=2"
printf 'never asked\n' | answer "$AN?page=3" 500
scrape 2026-11-10T08:00:00Z
ok 'the next one reads until nothing is new' no_err
ok 'which is two postings' events 'new Cook 10;new Cook 11;'
jp-board disable arbeitnow:all

# ---- JSON Feed: next_url ----------------------------------------------------------------------------

item() { printf '{"id":"%s","title":"Acme: Guard %s","url":"https://feed.example/%s","content_text":"Guard."}' "$1" "$1" "$1"; }
feed() { printf '{"version":"https://jsonfeed.org/version/1.1","title":"Guards",%s"items":[%s]}\n' "$2" "$1"; }
feed "$(item 5),$(item 4)" '"next_url":"/jobs.json?page=2",' | answer 'https://feed.example/jobs.json'
feed "$(item 3),$(item 2)" '"next_url":"https://elsewhere.example/jobs.json",' | answer 'https://feed.example/jobs.json?page=2'
add 2026-11-11T08:00:00Z feed:https://feed.example/jobs.json
scrape 2026-11-11T08:00:00Z
ok 'the next page of a feed is read' events 'new Guard 2;new Guard 3;new Guard 4;new Guard 5;'
ok 'R8 another host is not asked for it' no_err
feed "$(item 6),$(item 5)" '"next_url":"/jobs.json?page=2",' | answer 'https://feed.example/jobs.json'
feed "$(item 4),$(item 3)" '"next_url":"/jobs.json?page=3",' | answer 'https://feed.example/jobs.json?page=2'
scrape 2026-11-12T08:00:00Z
ok 'and not beyond what is known' events 'new Guard 6;'
ok 'without asking for the third' no_err
jp-board disable feed:https://feed.example/jobs.json

# ---- sitemaps: files, then pages --------------------------------------------------------------------

ST=https://steinbruch.example
job()
{
	printf '<script type="application/ld+json">{"@type":"JobPosting","title":"%s","hiringOrganization":"Steinbruch"' "$1"
	printf ',"description":"<p>%s.</p>"}</script>\n' "$1"
}
answer "$ST/sitemap.xml" 200 application/xml <<END
<sitemapindex><sitemap><loc>$ST/sitemap-jobs.xml</loc></sitemap><sitemap><loc>$ST/pages.xml</loc></sitemap></sitemapindex>
END
urls()
{
	printf '<urlset>'
	for u; do
		printf '<url><loc>%s/jobs/%s</loc><lastmod>%s</lastmod></url>' "$ST" "${u%@*}" "${u#*@}"
	done
	printf '</urlset>\n'
}
urls mason-1@2026-11-01 blaster-2@2026-11-01 fair@2026-11-01 |
	answer "$ST/sitemap-jobs.xml" 200 application/xml
job Mason | answer "$ST/jobs/mason-1" 200 text/html
job Blaster | answer "$ST/jobs/blaster-2" 200 text/html
printf '<p>Come to our job fair.</p>\n' | answer "$ST/jobs/fair" 200 text/html
add 2026-11-13T08:00:00Z "$ST/sitemap.xml"
scrape 2026-11-13T08:00:00Z
ok 'the pages of a sitemap are read' events 'new Blaster;new Mason;'
ok 'a page without a JobPosting is no failure' no_err
ok 'the listing is complete' is_sql \
	"SELECT v.complete FROM visit v JOIN board b ON b.id = v.board_id WHERE b.kind = 'sitemap'" 1
urls mason-1@2026-11-13 blaster-2@2026-11-01 | answer "$ST/sitemap-jobs.xml" 200 application/xml
job 'Master Mason' | answer "$ST/jobs/mason-1" 200 text/html
printf 'never asked\n' | answer "$ST/jobs/blaster-2" 500 text/html
scrape 2026-11-14T08:00:00Z
ok 'R9 only what was modified is asked for again' events 'changed Master Mason;'
ok 'and nothing else' no_err
urls mason-1@2026-11-13 | answer "$ST/sitemap-jobs.xml" 200 application/xml
scrape 2026-11-15T08:00:00Z
scrape 2026-11-16T08:00:00Z
ok 'what two complete sitemaps lack is closed' is_sql \
	"SELECT title FROM posting p JOIN board b ON b.id = board_id WHERE b.kind = 'sitemap' AND closed_at IS NOT NULL" \
	Blaster

done_testing
