#!/bin/sh
# A handler, one process a task: the payload is {"url": "..."}.  Done when the page answers; a page that
# is gone is final, everything else is tried again.
#   queue.types.link: {command: [/usr/local/lib/jobping/check-link.sh], concurrency: 0..4, rate: 2/s}
#   jp-queue add link -k "$url" "{\"url\":\"$url\"}"
set -u
url=$(jq -er .url) || exit 65
code=$(curl -s -o /dev/null -m 20 -L --proto '=http,https' -w '%{http_code}' -- "$url") || exit 75
echo "attempt $JP_TASK_ATTEMPT: HTTP $code: $url"
case $code in
2??) exit 0 ;;
404 | 410) exit 69 ;;
429 | 503) echo '{"retry_in": "10m"}' && exit 75 ;;
*) exit 75 ;;
esac
