dnl SPDX-License-Identifier: MIT
dnl
dnl WF_MODULE([MINIMUM-VERSION], [ACTION-IF-FOUND], [ACTION-IF-NOT-FOUND])
dnl
dnl For packages that build wf modules. Substitutes WF_CFLAGS, WF_LIBS,
dnl WF_MODULE_FLAGS (what makes a shared object of a .c file), WF (the program)
dnl and wfworkflowdir (where modules are installed). Without
dnl ACTION-IF-NOT-FOUND a missing wf is an error.
dnl
dnl	WF_MODULE([0.1])
dnl
dnl and in Makefile.am
dnl
dnl	wfworkflow_DATA = order.so
dnl	order.so: order.c
dnl		$(CC) $(CFLAGS) $(WF_MODULE_FLAGS) $(WF_CFLAGS) -o $@ $< $(WF_LIBS)
AC_DEFUN([WF_MODULE], [dnl
AC_REQUIRE([PKG_PROG_PKG_CONFIG])dnl
AC_ARG_VAR([WF], [the wf program])dnl
PKG_CHECK_MODULES([WF], m4_ifblank([$1], [[wf]], [[wf >= $1]]), [
  WF_MODULE_FLAGS=`$PKG_CONFIG --variable=module_flags wf`
  AC_SUBST([WF_MODULE_FLAGS])
  AS_IF([test -z "$wfworkflowdir"], [wfworkflowdir=`$PKG_CONFIG --variable=workflowdir wf`])
  AC_SUBST([wfworkflowdir])
  AS_IF([test -z "$WF"], [
    wf_bindir=`$PKG_CONFIG --variable=bindir wf`
    AC_PATH_PROG([WF], [wf], [$wf_bindir/wf], [$wf_bindir$PATH_SEPARATOR$PATH])])
  $2], m4_ifblank([$3], [], [[$3]]))
])
