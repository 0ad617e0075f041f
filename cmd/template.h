/* SPDX-License-Identifier: MIT */
/* What wf new writes; @NAME@ stands for the name. */
#ifndef WF_CMD_TEMPLATE_H
#define WF_CMD_TEMPLATE_H

extern const char template_c[], template_makefile[];

#endif
