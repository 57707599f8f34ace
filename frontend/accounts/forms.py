"""Forms of signing in, signing up and the second factor."""

from typing import Any

from allauth.account.forms import LoginForm, SignupForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy


class SignInForm(LoginForm):
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


class SignUpForm(SignupForm):
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
        self.fields["email"].label = gettext_lazy("E-mail")
        self.fields["password1"].help_text = gettext_lazy(
            "At least 12 characters: nothing common, and not your name or address."
        )
        self.fields["username"].help_text = gettext_lazy("Signs in like the address. Small letters, digits.")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class _Code:
    """Where one types a code: no placeholder that repeats the label, and the cursor in it."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = gettext_lazy("Code")
        code.widget.attrs.pop("placeholder", None)
        code.widget.attrs |= {"autofocus": True, "autocapitalize": "none", "spellcheck": "false"}


class SecondFactorForm(_Code, AuthenticateForm):
    """The code beside the password."""


class OnceMoreForm(_Code, ReauthenticateForm):
    """The code again, before something that guards the account is changed."""


class SetUpAppForm(_Code, ActivateTOTPForm):
    """The first code of a new authenticator app."""
