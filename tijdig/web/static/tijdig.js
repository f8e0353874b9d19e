// The key / goes to the search box, as long as nobody is typing. Nothing depends on it.
document.addEventListener("keydown", function (event) {
  var box = document.getElementById("zoek-alles");
  var at = document.activeElement;
  var typing = at && (at.isContentEditable || /^(input|textarea|select)$/i.test(at.tagName));
  if (!box || typing || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  box.focus();
});
