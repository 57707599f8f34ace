"""Forms of signing in, signing up and the second factor."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.socialaccount.forms import SignupForm as SingleSignOnSignup
from django import forms
from django.utils.translation import gettext_lazy

_CHOOSE = gettext_lazy("At least 12 characters: nothing common, and not your name or address.")
_LABELS = {
    "email": gettext_lazy("E-mail"),
    "password": gettext_lazy("Password"),
    "oldpassword": gettext_lazy("Present password"),
    "password1": gettext_lazy("New password"),
    "password2": gettext_lazy("New password, once more"),
    "code": gettext_lazy("Code"),
}


class SignInForm(account.LoginForm):
    """E-mail address or username, and password. The first field is posted as `username`, as ever."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label = gettext_lazy("E-mail or username")
        login.widget.attrs = {"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}
        password.label, password.help_text = gettext_lazy("Password"), ""
        password.widget.attrs.pop("placeholder", None)

    def add_prefix(self, field_name: str) -> str:
        return super().add_prefix("username" if field_name == "login" else field_name)


class SignUpForm(account.SignupForm):
    """An account by invitation. The name is what others in a project read."""

    name = forms.CharField(
        label=gettext_lazy("Name (optional)"),
        max_length=150,
        required=False,
        help_text=gettext_lazy("What others in your projects read. Without one you are a number to them."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["email", "name", "username", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _LABELS["email"]
        self.fields["password1"].help_text = _CHOOSE
        self.fields["username"].help_text = gettext_lazy("Signs in like the address. Small letters, digits.")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class _Ours:
    """A form of django-allauth in our words: no placeholder that repeats the label, no list of rules."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = _LABELS.get(name, field.label)
            field.help_text = _CHOOSE if name == "password1" else ""
            field.widget.attrs.pop("placeholder", None)
        if "code" in self.fields:
            self.fields["code"].widget.attrs |= {
                "autofocus": True,
                "autocapitalize": "none",
                "spellcheck": "false",
            }


class SingleSignOnForm(_Ours, SingleSignOnSignup):
    """What the single sign-on does not say of somebody who is new here."""


class AddressForm(_Ours, account.AddEmailForm):
    """Another address of an account."""


class ChangePasswordForm(_Ours, account.ChangePasswordForm):
    """Another password in the place of the present one."""


class SetPasswordForm(_Ours, account.SetPasswordForm):
    """A first password, for who came by single sign-on."""


class ForgottenForm(_Ours, account.ResetPasswordForm):
    """Where the link to a new password is mailed to."""


class NewPasswordForm(_Ours, account.ResetPasswordKeyForm):
    """The new password behind a mailed link."""


class PasswordAgainForm(_Ours, account.ReauthenticateForm):
    """The password again, before something that guards the account is changed."""


class SecondFactorForm(_Ours, AuthenticateForm):
    """The code beside the password."""


class CodeAgainForm(_Ours, ReauthenticateForm):
    """The code again, before something that guards the account is changed."""


class SetUpAppForm(_Ours, ActivateTOTPForm):
    """The first code of a new authenticator app."""
