/* Shows the API description that `data-url` of #api-docs names; needs vendor/swagger-ui/swagger-ui-bundle.js. */

const place = document.getElementById("api-docs");
window.SwaggerUIBundle({
  url: place.dataset.url,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
