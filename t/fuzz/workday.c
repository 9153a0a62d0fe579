/* Fuzzes the adapter workday, listings and details; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_page("workday", "ropeworks.wd5/Careers", data, len);
	fuzz_detail("workday", "ropeworks.wd5/Careers", data, len);
	return fuzz_board("workday", "ropeworks.wd5/Careers", data, len);
}
