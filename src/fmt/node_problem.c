#include "fmt/node_int.h"

void node_report_problem(const yaml_parser_t *parser, const struct source *src, struct diags *d)
{
	struct pos pos = { src, (uint32_t)parser->problem_mark.line + 1,
			   (uint32_t)parser->problem_mark.column + 1 };

	MUST(parser->error != YAML_MEMORY_ERROR);
	diag_error(d, pos, "invalid YAML: %s", parser->problem ? parser->problem : "unknown problem");
}
