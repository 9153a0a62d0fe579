/* Fuzzes the adapter bamboohr, listings and details; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_page("bamboohr", "beeline", data, len);
	fuzz_detail("bamboohr", "beeline", data, len);
	return fuzz_board("bamboohr", "beeline", data, len);
}
