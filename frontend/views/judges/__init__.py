"""The pages around a project's judges: their runs, trials, settings, calls and how far to believe them."""

from .calibration import calibration, calibration_json, calibration_keep, calibration_table
from .calls import judge_call, judge_calls
from .panels import panel, panel_act, panel_new, panel_settings
from .runs import batches_look, judge, judge_act, judge_estimate, judges
from .setup import judge_new, judge_service, judge_settings, judges_file
from .tags import judge_tag, judge_tag_stop, judge_tags
from .templates import judge_template, judge_template_new, judge_templates
from .trial import judge_trial, judge_try
from .versions import judge_versions

__all__ = [
    "batches_look",
    "calibration",
    "calibration_json",
    "calibration_keep",
    "calibration_table",
    "judge",
    "judge_act",
    "judge_call",
    "judge_calls",
    "judge_estimate",
    "judge_new",
    "judge_service",
    "judge_settings",
    "judge_tag",
    "judge_tag_stop",
    "judge_tags",
    "judge_template",
    "judge_template_new",
    "judge_templates",
    "judge_trial",
    "judge_try",
    "judge_versions",
    "judges",
    "judges_file",
    "panel",
    "panel_act",
    "panel_new",
    "panel_settings",
]
