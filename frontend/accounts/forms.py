"""Forms of signing in and signing up."""

from typing import Any

from allauth.account.forms import LoginForm, SignupForm
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
        self.fields["username"].help_text = gettext_lazy("Signs in like the address. Small letters, digits.")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
