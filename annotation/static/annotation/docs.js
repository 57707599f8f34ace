// Swagger UI on our own schema. It stands in a file because our policy lets no inline script run.
"use strict";
{
  const place = document.getElementById("docs");
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    validatorUrl: null,
    defaultModelsExpandDepth: -1,
    docExpansion: "list",
    // Somebody who is signed in tries calls as on the pages: with the session, and the token that goes with it.
    requestInterceptor: (request) => {
      if (token() && request.url.startsWith(location.origin)) request.headers["X-CSRFToken"] = token();
      return request;
    },
  });
}
