/* Fuzzes the adapter sitemap; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	return fuzz_board("sitemap", "https://steinbruch.example/sitemap.xml", data, len);
}
